package dev.kiln.ops.data;

/** Some examples of a data set, in an order of their own. */
record SubsetDataset<E>(Dataset<E> whole, int[] indices) implements Dataset<E> {
  SubsetDataset {
    for (int index : indices) {
      Dataset.requireIndex(index, whole.size());
    }
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public E get(int index) {
    Dataset.requireIndex(index, indices.length);
    return whole.get(indices[index]);
  }
}
