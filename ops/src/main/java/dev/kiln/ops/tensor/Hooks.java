package dev.kiln.ops.tensor;

import java.util.function.UnaryOperator;

/** Functions that see a gradient on its way and may put another in its place. */
final class Hooks extends Listeners<UnaryOperator<Tensor>> {
  /** Runs all hooks in the order in which they were added; one that gives null changes nothing. */
  Tensor apply(Tensor gradient) {
    Tensor current = gradient;
    for (UnaryOperator<Tensor> hook : now()) {
      Tensor other = hook.apply(current);
      current = other == null ? current : other;
    }
    return current;
  }
}
