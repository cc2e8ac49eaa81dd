package dev.kiln.kernels.reference;

import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.PoolingWindow;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * Pooling and its gradients, of images one after the other.
 *
 * @param images how many, times their channels
 * @param size of {@code x}, along each axis
 * @param resultSize of {@code y}, along each axis
 * @param options what belongs to each result
 */
public record PoolingReference(
    int images, List<Integer> size, List<Integer> resultSize, PoolingOptions options) {
  /** The largest element of each window. */
  public double[] max(double[] x) {
    int[] places = places(x);
    double[] y = new double[places.length];
    for (int o = 0; o < y.length; o++) {
      y[o] = places[o] < 0 ? Double.NEGATIVE_INFINITY : x[o / results() * space() + places[o]];
    }
    return y;
  }

  /** Where each largest element is in its image, or -1 for a window without elements. */
  public int[] places(double[] x) {
    int[] places = new int[images * results()];
    Arrays.fill(places, -1);
    terms(
        (o, i) -> {
          int base = o / results() * space();
          boolean isFirst = places[o] < 0;
          if (isFirst || x[i] > x[base + places[o]] || Double.isNaN(x[i])) {
            places[o] = i - base;
          }
        });
    return places;
  }

  public double[] maxGradient(Rounding r, double[] dy, int[] places) {
    double[] dx = new double[images * space()];
    for (int o = 0; o < dy.length; o++) {
      if (places[o] >= 0) {
        int i = o / results() * space() + places[o];
        dx[i] = r.of(dx[i] + dy[o]);
      }
    }
    return dx;
  }

  /** The sum of each window, divided by its size. */
  public double[] average(Rounding r, double[] x) {
    double[] y = new double[images * results()];
    terms((o, i) -> y[o] = r.of(y[o] + x[i]));
    for (int o = 0; o < y.length; o++) {
      y[o] = r.of(y[o] / divisor(o));
    }
    return y;
  }

  public double[] averageGradient(Rounding r, double[] dy) {
    double[] dx = new double[images * space()];
    terms((o, i) -> dx[i] = r.of(dx[i] + r.of(dy[o] / divisor(o))));
    return dx;
  }

  private double divisor(int o) {
    if (options.divisor() != 0) {
      return options.divisor();
    }
    double count = 1;
    int rest = o;
    for (int a = size.size() - 1; a >= 0; a--) {
      int at = rest % resultSize.get(a);
      rest /= resultSize.get(a);
      int from = start(a, at);
      int to = end(a, at);
      int pad = options.windows().isEmpty() ? 0 : options.windows().get(a).padding();
      count *=
          options.countsPadding()
              ? Math.min(to, size.get(a) + pad) - from
              : Math.min(to, size.get(a)) - Math.max(from, 0);
    }
    return count;
  }

  private int start(int axis, int o) {
    if (options.windows().isEmpty()) {
      return Math.floorDiv(o * size.get(axis), resultSize.get(axis));
    }
    PoolingWindow window = options.windows().get(axis);
    return o * window.stride() - window.padding();
  }

  private int end(int axis, int o) {
    if (options.windows().isEmpty()) {
      return Math.ceilDiv((o + 1) * size.get(axis), resultSize.get(axis));
    }
    PoolingWindow window = options.windows().get(axis);
    return start(axis, o) + window.dilation() * (window.size() - 1) + 1;
  }

  /** Each result with each element of its window, in order. */
  private void terms(BiConsumer<Integer, Integer> term) {
    for (int o = 0; o < images * results(); o++) {
      visit(o, 0, results(), o / results(), term);
    }
  }

  private void visit(int o, int axis, int rest, int position, BiConsumer<Integer, Integer> term) {
    if (axis == size.size()) {
      term.accept(o, position);
      return;
    }
    int inner = rest / resultSize.get(axis);
    int at = o % rest / inner;
    int step = options.windows().isEmpty() ? 1 : options.windows().get(axis).dilation();
    for (int i = start(axis, at); i < end(axis, at); i += step) {
      if (i >= 0 && i < size.get(axis)) {
        visit(o, axis + 1, inner, position * size.get(axis) + i, term);
      }
    }
  }

  private int space() {
    return size.stream().reduce(1, (a, b) -> a * b);
  }

  private int results() {
    return resultSize.stream().reduce(1, (a, b) -> a * b);
  }
}
