package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/** Several axes as one. */
public final class Flatten extends Layer {
  private final int from;
  private final int to;

  /** All axes but the first. */
  public Flatten(Context context) {
    this(context, 1, -1);
  }

  /**
   * @param from the first of them
   * @param to the last of them, included; negative axes count from the last
   */
  public Flatten(Context context, int from, int to) {
    super(context);
    this.from = from;
    this.to = to;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return x.flatten(from, to);
  }
}
