package dev.kiln.ops.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.data.BucketSampler;
import dev.kiln.ops.data.Dataset;
import dev.kiln.ops.data.ExamplePlan;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SequenceBatchTest {
  private static final SequenceBatch BATCH =
      SequenceBatch.of(List.of(new int[] {5, 6, 7}, new int[] {8}), 1);

  @Test
  void padsToTheLongest() {
    assertThat(BATCH.tokens()).containsExactly(5, 6, 7, 8, 1, 1);
    assertThat(BATCH.lengths()).containsExactly(3, 1);
    assertThat(BATCH.mask()).containsExactly(1, 1, 1, 1, 0, 0);
  }

  @Test
  void targetsLeavePaddingOut() {
    assertThat(BATCH.inputs()).containsExactly(5, 6, 8, 1);
    assertThat(BATCH.targets(-100)).containsExactly(6, 7, -100, -100);
  }

  @Test
  void refusesEmptySequences() {
    assertThatThrownBy(() -> SequenceBatch.of(List.of(new int[1], new int[0]), 0))
        .hasMessage("sequence 1 of the batch is empty");
    assertThatThrownBy(() -> SequenceBatch.of(List.of(), 0))
        .hasMessage("a batch needs at least one sequence");
  }

  @Test
  void bucketsOfPairsPadLittle() {
    List<SequencePair> pairs =
        IntStream.range(0, 64)
            .mapToObj(i -> new SequencePair(new int[1 + i * 29 % 64], new int[2 + i * 29 % 64]))
            .toList();
    int[] lengths = pairs.stream().mapToInt(p -> p.source().length).toArray();
    var plan =
        ExamplePlan.of(Dataset.of(pairs), 8, SequenceBatch.paddedPairs(0, 0))
            .sampled(new BucketSampler(lengths, 8, 8, 3), 3);
    int padded = 0;
    for (SequenceBatch.Pairs batch : plan.epoch(1)) {
      padded += batch.source().tokens().length;
      assertThat(batch.target().length()).isEqualTo(batch.source().length() + 1);
    }
    // 8 (8 + 16 + ... + 64), against 2,080 tokens.
    assertThat(padded).isEqualTo(2_304);
  }
}
