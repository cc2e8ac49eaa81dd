package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Puts examples of like length into the same batch, so that little is padded: shuffles, sorts pools
 * of some batches by length, and shuffles the batches. An incomplete batch comes last. A pure
 * function of the epoch.
 */
public final class BucketSampler implements Sampler {
  private final int[] lengths;
  private final int batch;
  private final int pool;
  private final Seed seed;

  /**
   * @param lengths of each example
   * @param batch examples of a batch, as the plan has them
   * @param batchesOfPool how many batches are sorted together: 1 for no order, many for the least
   *     padding
   */
  public BucketSampler(int[] lengths, int batch, int batchesOfPool, long seed) {
    if (batch < 1 || batchesOfPool < 1) {
      throw new KilnException(
          "buckets need batches of at least 1 example and pools of at least 1 batch, not %d and %d"
              .formatted(batch, batchesOfPool));
    }
    this.lengths = lengths.clone();
    this.batch = batch;
    pool = (int) Math.min(Integer.MAX_VALUE, (long) batch * batchesOfPool);
    this.seed = new Seed(seed);
  }

  @Override
  public int size() {
    return lengths.length;
  }

  @Override
  public int[] order(int epoch) {
    int n = lengths.length;
    int[] order = Sampler.shuffle(Sampler.ascending(0, n), seed.derive("examples").derive(epoch));
    for (int from = 0; from < n; from = from > n - pool ? n : from + pool) {
      sortByLength(order, from, (int) Math.min(n, (long) from + pool));
    }
    int full = n / batch;
    int[] batches =
        Sampler.shuffle(Sampler.ascending(0, full), seed.derive("batches").derive(epoch));
    int[] dealt = order.clone();
    for (int i = 0; i < full; i++) {
      System.arraycopy(order, batches[i] * batch, dealt, i * batch, batch);
    }
    return dealt;
  }

  /** Those of equal length stay shuffled. */
  private void sortByLength(int[] order, int from, int to) {
    int[] sorted =
        Arrays.stream(order, from, to)
            .boxed()
            .sorted(Comparator.comparingInt(i -> lengths[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    System.arraycopy(sorted, 0, order, from, sorted.length);
  }
}
