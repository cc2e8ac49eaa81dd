package dev.kiln.ops.data;

import java.util.List;

/**
 * Puts examples together to a batch: a pure function.
 *
 * @param <E> an example
 * @param <B> a batch
 */
@FunctionalInterface
public interface Collation<E, B> {
  B collate(List<E> examples);
}
