package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.List;
import java.util.function.Function;

/**
 * Examples with numbers from 0. The same number gives the same example, always; views do not copy.
 * May be read from several threads.
 *
 * @param <E> an example
 */
public interface Dataset<E> {
  /** How many examples there are. */
  int size();

  /**
   * An example.
   *
   * @throws KilnException if there is none with that number
   */
  E get(int index);

  /** The examples of a list. */
  static <E> Dataset<E> of(List<E> examples) {
    List<E> held = List.copyOf(examples);
    return new ListDataset<>(held);
  }

  /** These examples alone, in this order; one may occur several times. */
  default Dataset<E> subset(int... indices) {
    return new SubsetDataset<>(this, indices.clone());
  }

  /** The examples {@code from} to {@code to - 1}. */
  default Dataset<E> range(int from, int to) {
    if (from < 0 || to < from || to > size()) {
      throw new KilnException(
          "examples %,d to %,d are no part of %,d examples".formatted(from, to, size()));
    }
    return new SubsetDataset<>(this, Sampler.ascending(from, to));
  }

  /**
   * Each example changed by a function, each time that it is asked for.
   *
   * @param change a pure function
   */
  default <T> Dataset<T> map(Function<? super E, ? extends T> change) {
    return new MappedDataset<>(this, change);
  }

  /** These examples, then those of another data set. */
  default Dataset<E> concat(Dataset<E> next) {
    return new JoinedDataset<>(this, next);
  }

  /** Refuses the number of an example that does not exist. */
  static void requireIndex(int index, int size) {
    if (index < 0 || index >= size) {
      throw new KilnException("there is no example %,d among %,d".formatted(index, size));
    }
  }
}
