package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/** What goes in comes out. */
public final class Identity extends Layer {
  public Identity(Context context) {
    super(context);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return x;
  }
}
