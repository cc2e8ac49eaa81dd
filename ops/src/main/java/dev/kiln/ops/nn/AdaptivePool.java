package dev.kiln.ops.nn;

import dev.kiln.ops.function.Pooling;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * The largest number or the mean of so many windows that cover the images whatever their size. In:
 * {@code N x C x ...}; out: {@code N x C x size...}.
 */
public final class AdaptivePool extends Layer implements Counted {
  private final boolean isMax;
  private final long[] size;

  private AdaptivePool(Context context, boolean isMax, long... size) {
    super(context);
    this.isMax = isMax;
    this.size = size.clone();
  }

  /**
   * The mean.
   *
   * @param size of the results, a number for each of one to three axes
   */
  public static AdaptivePool average(Context context, long... size) {
    return new AdaptivePool(context, false, size);
  }

  /** The largest number; as {@link #average}. */
  public static AdaptivePool max(Context context, long... size) {
    return new AdaptivePool(context, true, size);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return isMax ? Pooling.adaptiveMax(x, size) : Pooling.adaptiveAverage(x, size);
  }

  /** Each element of the input once, though windows may share some. */
  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(inputs.getFirst().size());
  }

  @Override
  public String toString() {
    return (isMax ? "AdaptiveMaxPool" : "AdaptiveAveragePool") + Arrays.toString(size);
  }
}
