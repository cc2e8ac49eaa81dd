package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/** A module from one tensor to one. */
public abstract class Layer extends Module {
  protected Layer(Context context) {
    super(context);
  }

  /** Runs the layer in a frame of its own. */
  public final Tensor apply(Tensor x) {
    Tensor y = frame(() -> forward(x));
    applied(List.of(x), List.of(y));
    return y;
  }

  /** What the layer computes. */
  protected abstract Tensor forward(Tensor x);
}
