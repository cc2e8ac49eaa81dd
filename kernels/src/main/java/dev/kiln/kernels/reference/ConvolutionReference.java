package dev.kiln.kernels.reference;

import dev.kiln.kernels.convolution.ConvolutionAxis;
import java.util.List;

/**
 * A convolution and its gradients: all three add up the same terms {@code x w dy}, each over what
 * the other two leave. A transposed convolution is {@link #dataGradient}.
 *
 * @param images how many
 * @param in channels of {@code x}
 * @param out channels of {@code y}
 * @param groups of channels
 * @param size of {@code x}, along each axis
 * @param taps of the kernel, along each axis
 * @param axes how the kernel moves
 */
public record ConvolutionReference(
    int images,
    int in,
    int out,
    int groups,
    List<Integer> size,
    List<Integer> taps,
    List<ConvolutionAxis> axes) {
  private interface Term {
    void add(int x, int w, int y);
  }

  /** {@code images x out x ...}. */
  public double[] forward(Rounding r, double[] x, double[] w) {
    double[] y = new double[images * out * product(resultSize())];
    terms((i, j, o) -> y[o] = r.of(y[o] + r.of(x[i] * w[j])));
    return y;
  }

  /** {@code images x in x ...}. */
  public double[] dataGradient(Rounding r, double[] dy, double[] w) {
    double[] dx = new double[images * in * product(size)];
    terms((i, j, o) -> dx[i] = r.of(dx[i] + r.of(dy[o] * w[j])));
    return dx;
  }

  /** {@code out x in/groups x taps}. */
  public double[] weightGradient(Rounding r, double[] x, double[] dy) {
    double[] dw = new double[out * (in / groups) * product(taps)];
    terms((i, j, o) -> dw[j] = r.of(dw[j] + r.of(x[i] * dy[o])));
    return dw;
  }

  /** {@code out} numbers. */
  public double[] biasGradient(Rounding r, double[] dy) {
    double[] db = new double[out];
    int space = product(resultSize());
    for (int i = 0; i < dy.length; i++) {
      int k = i / space % out;
      db[k] = r.of(db[k] + dy[i]);
    }
    return db;
  }

  /** Sizes of {@code y} along each axis. */
  public List<Integer> resultSize() {
    return java.util.stream.IntStream.range(0, axes.size())
        .mapToObj(a -> (int) axes.get(a).outputSize(size.get(a), taps.get(a)))
        .toList();
  }

  private void terms(Term term) {
    int space = product(size);
    List<Integer> resultSize = resultSize();
    int results = product(resultSize);
    int tapCount = product(taps);
    int groupIn = in / groups;
    for (int o = 0; o < results; o++) {
      for (int t = 0; t < tapCount; t++) {
        int position = position(resultSize, o, t);
        if (position < 0) {
          continue;
        }
        for (int n = 0; n < images; n++) {
          for (int k = 0; k < out; k++) {
            int firstChannel = k / (out / groups) * groupIn;
            for (int c = 0; c < groupIn; c++) {
              term.add(
                  (n * in + firstChannel + c) * space + position,
                  (k * groupIn + c) * tapCount + t,
                  (n * out + k) * results + o);
            }
          }
        }
      }
    }
  }

  /** The element that a tap reads for a result, or -1 if it is outside. */
  private int position(List<Integer> resultSize, int result, int tap) {
    int position = 0;
    int distance = 1;
    for (int a = axes.size() - 1; a >= 0; a--) {
      ConvolutionAxis axis = axes.get(a);
      int at =
          result % resultSize.get(a) * axis.stride()
              - axis.padding()
              + tap % taps.get(a) * axis.dilation();
      if (at < 0 || at >= size.get(a)) {
        return -1;
      }
      position += at * distance;
      distance *= size.get(a);
      result /= resultSize.get(a);
      tap /= taps.get(a);
    }
    return position;
  }

  private static int product(List<Integer> sizes) {
    return sizes.stream().reduce(1, (a, b) -> a * b);
  }
}
