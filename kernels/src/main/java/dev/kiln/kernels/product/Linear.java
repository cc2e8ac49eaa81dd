package dev.kiln.kernels.product;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * A linear layer {@code y = activation(x w + bias)} and its gradients. {@code x} is {@code M x K},
 * {@code w} {@code K x N}, any strides: with weights stored {@code N x K}, pass {@code w.permute(1,
 * 0)}. Not thread-safe.
 *
 * <p>With an activation, {@link #forward} stores {@code pre = x w + bias}. The layer above gives
 * the gradient of {@code y}; it must be multiplied by the activation's derivative at {@code pre}
 * before it goes into {@link #gradientOfWeight}. {@link #gradientOfInput} does that for the layer
 * below in its epilogue.
 */
public final class Linear {
  private static final String NAME = "Linear";

  private final Matmul matmul;
  private final ColumnSums columnSums;

  public Linear(Device device) {
    this(new Matmul(device), new ColumnSums(device));
  }

  /** Uses launchers that others may use too. */
  public Linear(Matmul matmul, ColumnSums columnSums) {
    this.matmul = matmul;
    this.columnSums = columnSums;
  }

  /**
   * {@code y = activation(x w + bias)}.
   *
   * @param bias {@code N} numbers, or null
   * @param y {@code M x N}
   * @param pre like {@code y}, with its strides; or null
   */
  public void forward(
      NdArray x, NdArray w, NdArray bias, Activation activation, NdArray y, NdArray pre) {
    matmul.run(x, w, bias, activation, y, pre);
  }

  /**
   * {@code dx = dy w^T}, or {@code dx = (dy w^T) activation'(pre)}: the gradient of what the layer
   * below had before its activation.
   *
   * @param dy {@code M x N}
   * @param activation of the layer below; {@link Activation#NONE} for none
   * @param pre of the layer below, with the strides of {@code dx}; null with {@code NONE}
   * @param beta 0 to overwrite {@code dx}, 1 to add to it
   * @param dx {@code M x K}
   */
  public void gradientOfInput(
      NdArray dy, NdArray w, Activation activation, NdArray pre, double beta, NdArray dx) {
    if ((activation == Activation.NONE) != (pre == null)) {
      throw Check.fault(NAME, "pre", "must be there exactly if there is an activation");
    }
    Check.matrix(NAME, "w", w);
    matmul.run(dy, w.permute(1, 0), Epilogue.gradient(activation, pre).withBeta(beta), dx);
  }

  /**
   * {@code dw = x^T dy + beta dw}, and {@code dbias} = the sums of the columns of {@code dy}.
   *
   * @param beta 0 to overwrite {@code dw}, 1 to add to it
   * @param dw {@code K x N}
   * @param dbias {@code N} numbers, overwritten; or null
   */
  public void gradientOfWeight(NdArray x, NdArray dy, double beta, NdArray dw, NdArray dbias) {
    Check.matrix(NAME, "x", x);
    matmul.run(x.permute(1, 0), dy, Epilogue.NONE.withBeta(beta), dw);
    if (dbias != null) {
      columnSums.run(dy, dbias);
    }
  }
}
