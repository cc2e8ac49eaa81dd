package dev.kiln.kernels.normalization;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * RMS norm over the last axis: {@code y = x / sqrt(mean(x^2) + eps) w} (Zhang and Sennrich, "Root
 * Mean Square Layer Normalization", 2019). A row of zeros gives zeros if {@code eps > 0}.
 *
 * <p>Arrays are those of {@link LayerNorm}. Not thread-safe.
 */
public final class RmsNorm implements AutoCloseable {
  private static final String NAME = "RmsNorm";

  private final RowNorm norm;

  public RmsNorm(Device device) {
    norm = new RowNorm(NAME, false, device);
  }

  /**
   * @param weight a number for each column; null for 1
   * @param y of the shape and dtype of {@code x}
   * @param rstd receives {@code 1 / sqrt(mean(x^2) + eps)} of each row; null for none
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray x, NdArray weight, double eps, NdArray y, NdArray rstd) {
    norm.forward(x, null, null, weight, null, eps, y, null, rstd);
  }

  /**
   * {@code sum = x + residual}, and {@code y} is the norm of {@code sum}.
   *
   * @param residual of the shape and dtype of {@code x}
   * @param sum likewise; overlaps neither of both
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules or those of {@link
   *     #forward}
   */
  public void forwardAdd(
      NdArray x,
      NdArray residual,
      NdArray sum,
      NdArray weight,
      double eps,
      NdArray y,
      NdArray rstd) {
    norm.forward(x, residual, sum, weight, null, eps, y, null, rstd);
  }

  /**
   * The gradients; arguments as in {@link LayerNorm#backward}.
   *
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(
      NdArray dy,
      NdArray x,
      NdArray weight,
      NdArray rstd,
      NdArray dsum,
      NdArray dx,
      NdArray dweight) {
    norm.backward(dy, x, weight, null, rstd, dsum, dx, dweight, null);
  }

  @Override
  public void close() {
    norm.close();
  }
}
