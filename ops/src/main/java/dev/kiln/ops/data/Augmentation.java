package dev.kiln.ops.data;

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

  /** This one, then another. */
  default Augmentation<E> then(Augmentation<E> next) {
    return (example, random) -> next.apply(apply(example, random), random);
  }
}
