package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.List;

/** A module from one tensor to one. */
public abstract class Layer extends Module {
  protected Layer(Context context) {
    super(context);
  }

  /**
   * Runs the layer in a frame of its own.
   *
   * @throws KilnException if the shapes do not fit; it names the layer and its place in the model
   */
  public final Tensor apply(Tensor x) {
    Tensor y;
    try {
      y = frame(() -> forward(x));
    } catch (LayerException e) {
      throw e.within(name());
    } catch (KilnException e) {
      // Others, such as a lack of memory, say by their class what they are.
      throw e.getClass() == KilnException.class
          ? new LayerException(name(), toString(), e.getMessage(), e)
          : e;
    }
    applied(List.of(x), List.of(y));
    return y;
  }

  /** What the layer computes. */
  protected abstract Tensor forward(Tensor x);
}
