package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** A module from one tensor to one. */
public abstract class Layer extends Module {
  private List<Listener> listeners = List.of();

  /** Sees what goes through a layer. */
  @FunctionalInterface
  public interface Listener {
    void applied(Layer layer, Tensor input, Tensor output);
  }

  protected Layer(Context context) {
    super(context);
  }

  /** Runs the layer in a frame of its own. */
  public final Tensor apply(Tensor x) {
    Tensor y = frame(() -> forward(x));
    for (Listener listener : listeners) {
      listener.applied(this, x, y);
    }
    return y;
  }

  /** What the layer computes. */
  protected abstract Tensor forward(Tensor x);

  /** Shows inputs and outputs to a listener until the result is closed. */
  public final AutoCloseable listen(Listener listener) {
    var longer = new ArrayList<>(listeners);
    longer.add(listener);
    listeners = longer;
    return () -> {
      var shorter = new ArrayList<>(listeners);
      shorter.remove(listener);
      listeners = shorter;
    };
  }
}
