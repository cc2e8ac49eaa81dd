package dev.kiln.kernels.reference;

import java.util.Arrays;

/** {@code y = (a * m) x w} for one graph, and its gradients. */
public final class GraphConvolutionReference {
  private GraphConvolutionReference() {}

  /** {@code a * m}; 0 where there is no edge. */
  public static double[] edges(Rounding r, double[] a, double[] m) {
    double[] edges = new double[a.length];
    Arrays.setAll(edges, i -> a[i] == 0 ? 0 : r.of(a[i] * m[i]));
    return edges;
  }

  /**
   * @param a {@code v x v}
   * @param m {@code v x v}
   * @param x {@code v x c}
   * @param w {@code c x d}
   * @return {@code v x d}
   */
  public static double[] forward(
      Rounding r, double[] a, double[] m, double[] x, double[] w, int v, int c, int d) {
    double[] hidden = MatmulReference.product(r, x, w, v, d, c);
    return MatmulReference.product(r, edges(r, a, m), hidden, v, d, v);
  }

  /** Gradients by the same arguments, and that of the result. */
  public static Gradients backward(
      Rounding r,
      double[] a,
      double[] m,
      double[] x,
      double[] w,
      double[] dy,
      int v,
      int c,
      int d) {
    double[] hidden = MatmulReference.product(r, x, w, v, d, c);
    var ofEdges = MatmulReference.gradients(r, edges(r, a, m), hidden, dy, v, d, v);
    var ofHidden = MatmulReference.gradients(r, x, w, ofEdges.w(), v, d, c);
    return new Gradients(edges(r, a, ofEdges.x()), ofHidden.x(), ofHidden.w());
  }

  /** Of {@code m}, {@code x} and {@code w}. */
  public record Gradients(double[] m, double[] x, double[] w) {}
}
