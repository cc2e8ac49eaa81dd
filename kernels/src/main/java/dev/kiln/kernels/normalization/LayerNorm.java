package dev.kiln.kernels.normalization;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Layer norm over the last axis: {@code y = (x - mean) / sqrt(var + eps) w + b} with mean and
 * variance of each row (Ba, Kiros and Hinton, "Layer Normalization", 2016).
 *
 * <p>Arrays are fp32, fp16, bf16 or fp64, contiguous of any rank or matrices with dense rows.
 * Weight and bias may be of another of these dtypes. Statistics are fp32, beside fp64 fp64. Not
 * thread-safe.
 */
public final class LayerNorm implements AutoCloseable {
  private static final String NAME = "LayerNorm";

  private final RowNorm norm;

  public LayerNorm(Device device) {
    norm = new RowNorm(NAME, true, device);
  }

  /**
   * @param weight a number for each column; null for 1
   * @param bias a number for each column; null for 0
   * @param y of the shape and dtype of {@code x}
   * @param mean receives a number for each row, for the backward pass; null for none
   * @param rstd receives {@code 1 / sqrt(var + eps)} of each row, likewise
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(
      NdArray x, NdArray weight, NdArray bias, double eps, NdArray y, NdArray mean, NdArray rstd) {
    norm.forward(x, null, null, weight, bias, eps, y, mean, rstd);
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
      NdArray bias,
      double eps,
      NdArray y,
      NdArray mean,
      NdArray rstd) {
    norm.forward(x, residual, sum, weight, bias, eps, y, mean, rstd);
  }

  /**
   * The gradients. After {@link #forwardAdd}, {@code x} is its {@code sum}, and {@code dx} is the
   * gradient of its {@code x} and of its {@code residual}.
   *
   * @param dy the gradient of {@code y}
   * @param mean from the forward pass
   * @param rstd from the forward pass
   * @param dsum the gradient of {@code sum} from where else it was used, which is added to {@code
   *     dx}; null for none
   * @param dx receives the gradient; may be {@code dy} or {@code dsum}
   * @param dweight receives a number for each column; null for none
   * @param dbias likewise
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(
      NdArray dy,
      NdArray x,
      NdArray weight,
      NdArray mean,
      NdArray rstd,
      NdArray dsum,
      NdArray dx,
      NdArray dweight,
      NdArray dbias) {
    norm.backward(dy, x, weight, mean, rstd, dsum, dx, dweight, dbias);
  }

  @Override
  public void close() {
    norm.close();
  }
}
