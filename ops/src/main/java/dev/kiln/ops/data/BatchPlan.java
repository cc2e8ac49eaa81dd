package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.AbstractList;
import java.util.List;

/**
 * What the batches of each epoch are: a pure function of the epoch and the batch's number. May be
 * read from several threads; the same numbers give the same batch, bit for bit.
 *
 * @param <B> a batch
 */
public interface BatchPlan<B> {
  /** How many batches an epoch has: at least 1, and the same for all but sampled pairs of words. */
  int batches(int epoch);

  /**
   * A batch.
   *
   * @param epoch from 0
   * @param batch from 0 to {@code batches(epoch) - 1}
   * @throws KilnException if the epoch has no such batch
   */
  B batch(int epoch, int batch);

  /**
   * Tells apart plans whose positions mean different batches: the kind of data, its size, the batch
   * size, the seed. A checkpoint may hold it to refuse other data on resume.
   */
  String fingerprint();

  /** The batches of an epoch, made as they are asked for. */
  default List<B> epoch(int epoch) {
    int size = batches(epoch);
    return new AbstractList<>() {
      @Override
      public B get(int batch) {
        return BatchPlan.this.batch(epoch, batch);
      }

      @Override
      public int size() {
        return size;
      }
    };
  }

  /** Refuses the number of a batch that the epoch does not have. */
  static void requireBatch(int epoch, int batch, int batches) {
    if (epoch < 0 || batch < 0 || batch >= batches) {
      throw new KilnException(
          "epoch %d has no batch %d, only %,d".formatted(epoch, batch, batches));
    }
  }
}
