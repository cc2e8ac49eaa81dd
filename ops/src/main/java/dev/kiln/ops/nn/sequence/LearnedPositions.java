package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/** Adds a trained vector to each place: {@code weight} of {@code [places, width]}. */
public final class LearnedPositions extends Layer {
  private static final double DEVIATION = 0.02;

  private final Tensor weight;

  /**
   * @param places most places of a sequence
   */
  public LearnedPositions(Context context, long places, long width) {
    super(context);
    weight = parameter("weight", Initialization.normal(0, DEVIATION).make(context, places, width));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return from(x, 0);
  }

  /** For places from number {@code first} on. */
  public Tensor from(Tensor x, long first) {
    Positions.check("LearnedPositions", x, weight, first);
    return x.add(weight.slice(0, first, first + x.dim(-2)));
  }
}
