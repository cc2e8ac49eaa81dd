package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class BatchStreamTest {
  private static final Dataset<Integer> NUMBERS =
      Dataset.of(IntStream.range(0, 10).boxed().toList());

  private static ExamplePlan<Integer, List<Integer>> plan() {
    return ExamplePlan.of(NUMBERS, 3, List::copyOf);
  }

  private static ExamplePlan<Integer, List<Integer>> randomPlan() {
    return plan()
        .shuffled(11)
        .augmented((n, random) -> n * 1000 + random.nextInt(1000))
        .batchAugmented(
            (batch, random) -> {
              var more = new ArrayList<>(batch);
              more.add(random.nextInt());
              return List.copyOf(more);
            });
  }

  private static <B> List<B> take(BatchStream<B> stream, int n) {
    return IntStream.range(0, n).mapToObj(i -> stream.next()).toList();
  }

  @Test
  void deliversAllExamplesTheLastBatchBeingSmaller() {
    assertThat(plan().epoch(0))
        .containsExactly(List.of(0, 1, 2), List.of(3, 4, 5), List.of(6, 7, 8), List.of(9));
    assertThat(plan().dropLast().epoch(0)).hasSize(3);
  }

  @Test
  void goesFromEpochToEpoch() {
    try (var stream = new BatchLoader<>(plan().dropLast())) {
      take(stream, 2);
      assertThat(stream.position()).isEqualTo(new Position(0, 2));
      take(stream, 1);
      assertThat(stream.position()).isEqualTo(new Position(1, 0));
    }
  }

  @Test
  void resumesAnywhereWithTheSameBatches() {
    List<List<Integer>> whole = take(new BatchLoader<>(randomPlan()), 12);
    for (int cut = 0; cut < 12; cut++) {
      var before = new BatchLoader<>(randomPlan());
      take(before, cut);
      try (var after = new Prefetcher<>(randomPlan(), 2)) {
        after.restore(before.position());
        assertThat(take(after, 12 - cut)).isEqualTo(whole.subList(cut, 12));
      }
    }
  }

  @Test
  void augmentationDependsOnNeitherTheOrderNorEarlierBatches() {
    var plan = randomPlan();
    List<Integer> late = plan.batch(5, 2);
    plan.batch(0, 0);
    plan.batch(5, 3);
    assertThat(randomPlan().batch(5, 2)).isEqualTo(late);
    assertThat(plan.batch(6, 2)).isNotEqualTo(late);
  }

  @Test
  void anExampleDrawnTwiceIsAugmentedTwice() {
    var sampler = Sampler.weighted(new double[] {1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 3, 1);
    var plan = plan().sampled(sampler, 1).augmented((n, random) -> random.nextInt());
    assertThat(plan.batch(0, 0)).doesNotHaveDuplicates();
  }

  @Test
  @Timeout(20)
  void prefetchingGivesTheSameBatchesAndPositions() {
    var plain = new BatchLoader<>(randomPlan());
    try (var ahead = new Prefetcher<>(randomPlan(), 3)) {
      for (int i = 0; i < 20; i++) {
        assertThat(ahead.position()).isEqualTo(plain.position());
        assertThat(ahead.next()).isEqualTo(plain.next());
      }
    }
  }

  @Test
  @Timeout(20)
  void faultsOfTheThreadReachTheCallerInTheirPlace() {
    var plan =
        ExamplePlan.<Integer, List<Integer>>of(
            NUMBERS.map(
                n -> {
                  if (n == 7) {
                    throw new KilnException("image 7 is damaged");
                  }
                  return n;
                }),
            3,
            List::copyOf);
    try (var stream = new Prefetcher<>(plan, 4)) {
      take(stream, 2);
      assertThatThrownBy(stream::next)
          .isInstanceOf(KilnException.class)
          .hasMessage("image 7 is damaged");
      assertThatThrownBy(stream::next).hasMessage("image 7 is damaged");
      stream.restore(new Position(0, 1));
      assertThat(stream.next()).containsExactly(3, 4, 5);
    }
  }

  @Test
  @Timeout(20)
  void makesNoMoreBatchesAheadThanAskedForAndStopsWhenClosed() throws InterruptedException {
    var made = new AtomicInteger();
    var plan =
        ExamplePlan.<Integer, List<Integer>>of(
            NUMBERS,
            1,
            batch -> {
              made.incrementAndGet();
              return List.copyOf(batch);
            });
    var stream = new Prefetcher<>(plan, 2);
    stream.next();
    while (made.get() < 3) {
      Thread.sleep(1);
    }
    Thread.sleep(20);
    assertThat(made.get()).isEqualTo(3);
    stream.close();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(t -> t.getName().equals("kiln-prefetch") && t.isAlive());
    assertThatThrownBy(stream::next).hasMessage("the prefetcher is closed");
  }

  @Test
  void refusesBatchesThatDoNotExist() {
    assertThatThrownBy(() -> new BatchLoader<>(plan()).restore(new Position(0, 4)))
        .hasMessage("epoch 0 has no batch 4, only 4");
    assertThatThrownBy(() -> ExamplePlan.of(NUMBERS, 0, List::copyOf))
        .hasMessage("a batch must have at least 1 example, not 0");
    assertThatThrownBy(() -> ExamplePlan.of(NUMBERS, 11, List::copyOf).dropLast())
        .hasMessage("a batch of 11 is more than the 10 examples of an epoch");
    assertThatThrownBy(() -> ExamplePlan.of(Dataset.of(List.of()), 2, List::copyOf))
        .hasMessage("there are no examples to make batches of");
    assertThatThrownBy(() -> new Position(-1, 0)).hasMessageContaining("no epoch -1");
    assertThatThrownBy(() -> new Prefetcher<>(plan(), 0)).hasMessageContaining("at least 1 batch");
  }

  @Test
  void fingerprintsTellPlansApart() {
    assertThat(randomPlan().fingerprint()).isEqualTo(randomPlan().fingerprint());
    assertThat(randomPlan().fingerprint()).isNotEqualTo(plan().shuffled(12).fingerprint());
    assertThat(plan().fingerprint()).isNotEqualTo(plan().dropLast().fingerprint());
    Dataset<int[]> rows = Dataset.of(List.of(new int[] {1, 2}, new int[] {3}));
    Dataset<int[]> others = Dataset.of(List.of(new int[] {1, 2}, new int[] {4}));
    assertThat(ExamplePlan.of(rows, 1, List::copyOf).fingerprint())
        .isNotEqualTo(ExamplePlan.of(others, 1, List::copyOf).fingerprint());
  }
}
