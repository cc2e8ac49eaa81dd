package dev.kiln.ops.data;

import java.util.List;
import java.util.SplittableRandom;

/**
 * Changes an example at random. What it draws, it draws from the numbers that it is given; the
 * example that it was given stays as it was.
 *
 * @param <E> an example, or a batch
 */
@FunctionalInterface
public interface Augmentation<E> {
  E apply(E example, SplittableRandom random);

  /** One after the other. */
  @SafeVarargs
  static <E> Augmentation<E> all(Augmentation<E>... steps) {
    List<Augmentation<E>> held = List.of(steps);
    return (example, random) -> {
      E changed = example;
      for (Augmentation<E> step : held) {
        changed = step.apply(changed, random);
      }
      return changed;
    };
  }
}
