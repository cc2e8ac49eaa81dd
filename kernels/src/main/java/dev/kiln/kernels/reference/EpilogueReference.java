package dev.kiln.kernels.reference;

import dev.kiln.kernels.elementwise.Activation;

/**
 * What a fused product does to {@code a b}: {@code z = alpha s_m t_n (a b)_mn + bias_n}, and {@code
 * activation(z)} or {@code z activation'(saved)}, plus {@code residual + beta before}.
 *
 * <p>Every array may be null for none. {@code bias} and {@code columnScale} hold {@code n} numbers,
 * {@code rowScale} {@code m}, the others {@code m x n}.
 */
public record EpilogueReference(
    double[] bias,
    Activation activation,
    double[] saved,
    double[] residual,
    double[] rowScale,
    double[] columnScale,
    double alpha,
    double beta,
    double[] before) {
  public static EpilogueReference of(double[] bias, Activation activation) {
    return new EpilogueReference(bias, activation, null, null, null, null, 1, 0, null);
  }

  /** Applied to {@code m x n} products. */
  public double[] of(Rounding r, double[] products, int n) {
    double[] c = new double[products.length];
    for (int i = 0; i < c.length; i++) {
      double z = beforeActivation(r, products[i], i / n, i % n);
      double y =
          saved == null
              ? ActivationReference.value(r, activation, z)
              : ActivationReference.gradient(r, activation, saved[i], z);
      y = residual == null ? y : r.of(y + residual[i]);
      c[i] = before == null ? y : r.of(y + r.of(beta * before[i]));
    }
    return c;
  }

  /** {@code z} alone. */
  public double beforeActivation(Rounding r, double product, int row, int column) {
    double z = product;
    z = rowScale == null ? z : r.of(z * rowScale[row]);
    z = columnScale == null ? z : r.of(z * columnScale[column]);
    z = r.of(z * alpha);
    return bias == null ? z : r.of(z + bias[column]);
  }
}
