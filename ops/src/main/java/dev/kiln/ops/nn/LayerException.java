package dev.kiln.ops.nn;

import dev.kiln.runtime.KilnException;

/** What went wrong in a layer, with the layer's place in the model. */
final class LayerException extends KilnException {
  private static final long serialVersionUID = 1;

  private final String place;
  private final String layer;
  private final String problem;

  LayerException(String place, String layer, String problem, Throwable cause) {
    super((place.isEmpty() ? "" : "layer '" + place + "': ") + layer + ": " + problem, cause);
    this.place = place;
    this.layer = layer;
    this.problem = problem;
  }

  /** The same, seen from the module around. */
  LayerException within(String module) {
    if (module.isEmpty()) {
      return this;
    }
    String longer = place.isEmpty() ? module : module + "." + place;
    return new LayerException(longer, layer, problem, getCause());
  }
}
