package dev.kiln.ops.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.data.Dataset;
import dev.kiln.ops.data.ExamplePlan;
import dev.kiln.ops.data.Seed;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TokenMaskingTest {
  private static final int MASK = 1;
  private static final TokenMasking MASKING =
      new TokenMasking(MASK, Set.of(0, MASK, 2), 50, 0.15, -100);

  private static SequencePair sequence(int length) {
    int[] tokens = new int[length];
    for (int i = 0; i < length; i++) {
      tokens[i] = i % 10 == 0 ? 2 : 3 + i % 47;
    }
    return new SequencePair(tokens, tokens);
  }

  @Test
  void hidesTheStatedPartsOfOrdinaryTokens() {
    int[] tokens = sequence(100_000).source();
    SequencePair hidden = MASKING.apply(sequence(100_000), new Seed(1).random());
    int chosen = 0;
    int masked = 0;
    int kept = 0;
    for (int i = 0; i < tokens.length; i++) {
      if (hidden.target()[i] == -100) {
        assertThat(hidden.source()[i]).isEqualTo(tokens[i]);
        continue;
      }
      assertThat(hidden.target()[i]).isEqualTo(tokens[i]).isGreaterThan(2);
      chosen++;
      masked += hidden.source()[i] == MASK ? 1 : 0;
      kept += hidden.source()[i] == tokens[i] ? 1 : 0;
      assertThat(hidden.source()[i]).isNotIn(0, 2);
    }
    assertThat(chosen / 90_000.0).isBetween(0.145, 0.155);
    assertThat(masked / (double) chosen).isBetween(0.78, 0.82);
    assertThat(kept / (double) chosen).isBetween(0.09, 0.115);
  }

  @Test
  void choosesAtLeastOneToken() {
    for (int seed = 0; seed < 50; seed++) {
      SequencePair hidden = MASKING.apply(sequence(3), new Seed(seed).random());
      assertThat(hidden.target()[0]).isEqualTo(-100);
      assertThat(Math.max(hidden.target()[1], hidden.target()[2])).isGreaterThan(2);
    }
  }

  @Test
  void makesBatchesWhoseTargetsIgnorePadding() {
    var plan =
        ExamplePlan.of(
                Dataset.of(List.of(sequence(4), sequence(9))),
                2,
                SequenceBatch.paddedPairs(0, -100))
            .shuffled(3)
            .augmented(MASKING);
    SequenceBatch.Pairs batch = plan.batch(0, 0);
    int shorter = batch.source().lengths()[0] == 4 ? 0 : 1;
    for (int i = 4; i < 9; i++) {
      assertThat(batch.source().tokens()[shorter * 9 + i]).isZero();
      assertThat(batch.target().tokens()[shorter * 9 + i]).isEqualTo(-100);
    }
  }

  @Test
  void refusesAMaskThatIsAWord() {
    assertThatThrownBy(() -> new TokenMasking(3, Set.of(0), 50, 0.15, -100))
        .hasMessage("the mask must be a special token, and 50 tokens must have one that is not");
    assertThatThrownBy(() -> new TokenMasking(0, Set.of(0), 50, 0, -100))
        .hasMessageContaining("above 0 and at most 1: 0.0");
  }
}
