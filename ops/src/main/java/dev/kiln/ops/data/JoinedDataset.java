package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;

/** The examples of two data sets, one after the other. */
record JoinedDataset<E>(Dataset<E> first, Dataset<E> second) implements Dataset<E> {
  JoinedDataset {
    long size = (long) first.size() + second.size();
    if (size > Integer.MAX_VALUE) {
      throw new KilnException("%,d examples are too many for one data set".formatted(size));
    }
  }

  @Override
  public int size() {
    return first.size() + second.size();
  }

  @Override
  public E get(int index) {
    Dataset.requireIndex(index, size());
    return index < first.size() ? first.get(index) : second.get(index - first.size());
  }
}
