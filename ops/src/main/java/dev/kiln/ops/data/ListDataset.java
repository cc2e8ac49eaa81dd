package dev.kiln.ops.data;

import java.util.List;

/** Examples that are held in memory. */
record ListDataset<E>(List<E> examples) implements Dataset<E> {
  @Override
  public int size() {
    return examples.size();
  }

  @Override
  public E get(int index) {
    Dataset.requireIndex(index, size());
    return examples.get(index);
  }
}
