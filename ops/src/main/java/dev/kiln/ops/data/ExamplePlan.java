package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Optional;

/**
 * Batches of a data set: a sampler's order cut into batches, each example augmented, put together,
 * and changed as a batch. Immutable; each method that adds something returns another plan.
 *
 * @param <E> an example
 * @param <B> a batch
 */
public final class ExamplePlan<E, B> implements BatchPlan<B> {
  private final Dataset<E> data;
  private final int batchSize;
  private final Collation<E, B> collation;
  private final Sampler sampler;
  private final boolean dropLast;
  private final Seed seed;
  private final Optional<Augmentation<E>> onExamples;
  private final Optional<Augmentation<B>> onBatches;

  /** The order of the epoch that was asked for last; replaced as a whole. */
  private volatile Order order = new Order(-1, new int[0]);

  private record Order(int epoch, int[] examples) {}

  private ExamplePlan(
      Dataset<E> data,
      int batchSize,
      Collation<E, B> collation,
      Sampler sampler,
      boolean dropLast,
      Seed seed,
      Optional<Augmentation<E>> onExamples,
      Optional<Augmentation<B>> onBatches) {
    this.data = data;
    this.batchSize = batchSize;
    this.collation = collation;
    this.sampler = sampler;
    this.dropLast = dropLast;
    this.seed = seed;
    this.onExamples = onExamples;
    this.onBatches = onBatches;
    requireBatches();
  }

  private void requireBatches() {
    if (batchSize < 1) {
      throw new KilnException("a batch must have at least 1 example, not " + batchSize);
    }
    if (sampler.size() < 1) {
      throw new KilnException("there are no examples to make batches of");
    }
    if (dropLast && batchSize > sampler.size()) {
      throw new KilnException(
          "a batch of %,d is more than the %,d examples of an epoch"
              .formatted(batchSize, sampler.size()));
    }
  }

  /** All examples in order, the last batch being smaller where they do not divide. */
  public static <E, B> ExamplePlan<E, B> of(
      Dataset<E> data, int batchSize, Collation<E, B> collation) {
    return new ExamplePlan<>(
        data,
        batchSize,
        collation,
        Sampler.sequential(data.size()),
        false,
        new Seed(0),
        Optional.empty(),
        Optional.empty());
  }

  /** {@link #of(Dataset, int, Collation)} for samples of numbers. */
  public static ExamplePlan<Sample, Batch> of(Dataset<Sample> data, int batchSize) {
    return of(data, batchSize, Batch::of);
  }

  /** Shuffled anew in each epoch; augmentations follow the same seed. */
  public ExamplePlan<E, B> shuffled(long seed) {
    return sampled(Sampler.shuffled(data.size(), seed), seed);
  }

  /** In the order of a sampler of this data set's examples; augmentations follow the seed. */
  public ExamplePlan<E, B> sampled(Sampler sampler, long seed) {
    return new ExamplePlan<>(
        data, batchSize, collation, sampler, dropLast, new Seed(seed), onExamples, onBatches);
  }

  /** Without the last batch of an epoch where it would be smaller than the others. */
  public ExamplePlan<E, B> dropLast() {
    return new ExamplePlan<>(
        data, batchSize, collation, sampler, true, seed, onExamples, onBatches);
  }

  /** Changes each example, by random numbers of (seed, epoch, example). */
  public ExamplePlan<E, B> augmented(Augmentation<E> augmentation) {
    return new ExamplePlan<>(
        data, batchSize, collation, sampler, dropLast, seed, Optional.of(augmentation), onBatches);
  }

  /** Changes each batch, by random numbers of (seed, epoch, batch); see {@link MixUp}. */
  public ExamplePlan<E, B> batchAugmented(Augmentation<B> augmentation) {
    return new ExamplePlan<>(
        data, batchSize, collation, sampler, dropLast, seed, onExamples, Optional.of(augmentation));
  }

  @Override
  public int batches(int epoch) {
    int rest = dropLast ? 0 : batchSize - 1;
    return (int) (((long) sampler.size() + rest) / batchSize);
  }

  /** The numbers of a batch's examples in the data set. */
  public int[] examples(int epoch, int batch) {
    BatchPlan.requireBatch(epoch, batch, batches(epoch));
    int[] all = order(epoch);
    int from = batch * batchSize;
    return Arrays.copyOfRange(all, from, (int) Math.min(all.length, (long) from + batchSize));
  }

  private int[] order(int epoch) {
    Order held = order;
    if (held.epoch != epoch) {
      held = new Order(epoch, sampler.order(epoch));
      order = held;
    }
    return held.examples;
  }

  @Override
  public B batch(int epoch, int batch) {
    int[] numbers = examples(epoch, batch);
    var examples = new ArrayList<E>(numbers.length);
    Seed drawn = seed.derive("augmentation").derive(epoch);
    // The place in the epoch is a part, too: a sampler may draw an example twice.
    for (int i = 0; i < numbers.length; i++) {
      E example = data.get(numbers[i]);
      Seed own = drawn.derive(numbers[i]).derive((long) batch * batchSize + i);
      examples.add(onExamples.map(a -> a.apply(example, own.random())).orElse(example));
    }
    B made = collation.collate(examples);
    Seed own = seed.derive("batch").derive(epoch).derive(batch);
    return onBatches.map(a -> a.apply(made, own.random())).orElse(made);
  }

  @Override
  public String fingerprint() {
    return "examples %d of %d (%08x), batch %d, %s, seed %d"
        .formatted(
            sampler.size(),
            data.size(),
            content(),
            batchSize,
            dropLast ? "full batches" : "all batches",
            seed.value());
  }

  /** Some examples stand for all: other data of the same size shall be noticed, cheaply. */
  private int content() {
    int hash = 0;
    int size = data.size();
    for (int i : new int[] {0, size / 3, size / 2, size - 1}) {
      int one =
          switch (data.get(i)) {
            case Sample sample -> Arrays.hashCode(sample.values());
            case int[] tokens -> Arrays.hashCode(tokens);
            default -> 0;
          };
      hash = 31 * hash + one;
    }
    return hash;
  }
}
