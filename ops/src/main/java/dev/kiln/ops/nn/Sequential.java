package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** Layers one after the other, by number ({@code 0}, {@code 1} ..., as in PyTorch) or by name. */
public final class Sequential extends Layer {
  private final List<Layer> layers = new ArrayList<>();

  public Sequential(Context context, Layer... layers) {
    super(context);
    for (Layer layer : layers) {
      add(layer);
    }
  }

  /** Adds a layer by its number. */
  public Sequential add(Layer layer) {
    return add(Integer.toString(layers.size()), layer);
  }

  /** Adds a layer by a name. */
  public Sequential add(String name, Layer layer) {
    layers.add(child(name, layer));
    return this;
  }

  /** The layers in their order. */
  public List<Layer> layers() {
    return List.copyOf(layers);
  }

  @Override
  protected Tensor forward(Tensor x) {
    Tensor y = x;
    for (Layer layer : layers) {
      y = layer.apply(y);
    }
    return y;
  }
}
