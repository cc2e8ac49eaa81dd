package dev.kiln.ops.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** Functions that see a gradient on its way and may put another in its place. */
final class Hooks {
  private List<UnaryOperator<Tensor>> list = List.of();

  boolean isEmpty() {
    return list.isEmpty();
  }

  /** Adds a hook until the result is closed. */
  Mode add(UnaryOperator<Tensor> hook) {
    var longer = new ArrayList<>(list);
    longer.add(hook);
    list = longer;
    return () -> {
      var shorter = new ArrayList<>(list);
      shorter.remove(hook);
      list = shorter;
    };
  }

  /** Runs all hooks in the order in which they were added; one that gives null changes nothing. */
  Tensor apply(Tensor gradient) {
    Tensor current = gradient;
    for (UnaryOperator<Tensor> hook : list) {
      Tensor other = hook.apply(current);
      current = other == null ? current : other;
    }
    return current;
  }
}
