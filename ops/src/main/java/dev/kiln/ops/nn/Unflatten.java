package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.Arrays;

/** One axis as several. */
public final class Unflatten extends Layer {
  private final int axis;
  private final long[] extents;

  public Unflatten(Context context, int axis, long... extents) {
    super(context);
    this.axis = axis;
    this.extents = extents.clone();
  }

  @Override
  protected Tensor forward(Tensor x) {
    return x.unflatten(axis, extents);
  }

  @Override
  public String toString() {
    return "Unflatten" + Arrays.toString(extents);
  }
}
