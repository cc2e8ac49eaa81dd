package dev.kiln.kernels.reference;

import dev.kiln.kernels.pooling.UpsamplingMode;
import java.util.List;

/**
 * Resampling of images one after the other.
 *
 * @param images how many, times their channels
 * @param size of {@code x}, along each axis
 * @param resultSize of {@code y}, along each axis
 */
public record UpsamplingReference(
    int images, List<Integer> size, List<Integer> resultSize, UpsamplingMode mode) {
  private interface Term {
    void add(int x, int y, double weight);
  }

  public double[] forward(Rounding r, double[] x) {
    double[] y = new double[images * product(resultSize)];
    terms(r, (i, o, weight) -> y[o] = r.of(y[o] + r.of(weight * x[i])));
    return y;
  }

  public double[] backward(Rounding r, double[] dy) {
    double[] dx = new double[images * product(size)];
    terms(r, (i, o, weight) -> dx[i] = r.of(dx[i] + r.of(weight * dy[o])));
    return dx;
  }

  private void terms(Rounding r, Term term) {
    for (int o = 0; o < images * product(resultSize); o++) {
      visit(r, o, 0, product(resultSize), o / product(resultSize), 1, term);
    }
  }

  private void visit(
      Rounding r, int o, int axis, int rest, int position, double weight, Term term) {
    if (axis == size.size()) {
      term.add(position, o, weight);
      return;
    }
    int n = size.get(axis);
    int inner = rest / resultSize.get(axis);
    double place = place(r, o % rest / inner, n, resultSize.get(axis));
    int i = (int) place;
    double behind = r.of(place - i);
    visit(r, o, axis + 1, inner, position * n + i, r.of(weight * r.of(1 - behind)), term);
    if (behind > 0) {
      int next = position * n + Math.min(i + 1, n - 1);
      visit(r, o, axis + 1, inner, next, r.of(weight * behind), term);
    }
  }

  private double place(Rounding r, double o, double n, double out) {
    return switch (mode) {
      case NEAREST -> Math.floor(o * n / out);
      case LINEAR -> Math.max(r.of(r.of(r.of(o + 0.5) * r.of(n / out)) - 0.5), 0);
      case LINEAR_WITH_CORNERS -> out == 1 ? 0 : r.of(o * r.of((n - 1) / (out - 1)));
    };
  }

  private static int product(List<Integer> sizes) {
    return sizes.stream().reduce(1, (a, b) -> a * b);
  }
}
