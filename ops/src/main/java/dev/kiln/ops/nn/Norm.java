package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/** What norms count alike. */
public abstract sealed class Norm extends Layer implements Counted
    permits BatchNorm, GroupNorm, InstanceNorm, LayerNorm, PixelNorm, RmsNorm {
  /** Mean, differences, their squares and sum, scaling. */
  static final int CENTRED = 5;

  /** Squares, their sum, scaling. */
  static final int UNCENTRED = 3;

  private final int operations;

  /**
   * @param operations on each number
   */
  Norm(Context context, int operations) {
    super(context);
    this.operations = operations;
  }

  /** Operations on each number, and one for each of weight and bias. */
  @Override
  public final Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(inputs.getFirst().size() * (operations + parameters().size()));
  }
}
