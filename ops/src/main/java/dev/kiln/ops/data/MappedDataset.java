package dev.kiln.ops.data;

import java.util.function.Function;

/** Examples that are changed when they are asked for. */
record MappedDataset<S, E>(Dataset<S> source, Function<? super S, ? extends E> change)
    implements Dataset<E> {
  @Override
  public int size() {
    return source.size();
  }

  @Override
  public E get(int index) {
    return change.apply(source.get(index));
  }
}
