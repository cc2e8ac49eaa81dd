package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  @Test
  void shufflesAreFunctionsOfSeedAndEpoch() {
    Sampler sampler = Sampler.shuffled(50, 7);
    int[] third = sampler.order(3);
    sampler.order(9);
    assertThat(sampler.order(3)).isEqualTo(third).isEqualTo(Sampler.shuffled(50, 7).order(3));
    assertThat(third).isNotEqualTo(sampler.order(4)).isNotEqualTo(Sampler.shuffled(50, 8).order(3));
    assertThat(Arrays.stream(third).sorted().toArray()).isEqualTo(Sampler.ascending(0, 50));
  }

  @Test
  void aliasTableDrawsByWeight() {
    double[] weights = {1, 0, 3, 6};
    var table = new AliasTable(weights);
    var random = new Seed(1).random();
    int[] counts = new int[4];
    int n = 100_000;
    for (int i = 0; i < n; i++) {
      counts[table.draw(random)]++;
    }
    assertThat(counts[1]).isZero();
    for (int i = 0; i < 4; i++) {
      double p = weights[i] / 10;
      // Five standard deviations.
      assertThat(Math.abs(counts[i] - n * p)).isLessThanOrEqualTo(5 * Math.sqrt(n * p * (1 - p)));
    }
  }

  @Test
  void weightsMustBeNumbersWithASum() {
    assertThatThrownBy(() -> new AliasTable(new double[] {1, -1}))
        .hasMessage("weight 1 must be a number that is not negative, not -1.0");
    assertThatThrownBy(() -> new AliasTable(new double[] {0, 0}))
        .hasMessageContaining("positive, finite sum");
    assertThatThrownBy(() -> Sampler.weighted(new double[] {1}, 0, 1))
        .hasMessageContaining("at least 1 example");
  }

  @Test
  void weightedSamplesEvenOutRareClasses() {
    double[] weights = IntStream.range(0, 100).mapToDouble(i -> i < 90 ? 1 : 9).toArray();
    int[] order = Sampler.weighted(weights, 10_000, 3).order(0);
    long rare = Arrays.stream(order).filter(i -> i >= 90).count();
    assertThat(rare).isBetween(4_750L, 5_250L);
  }

  @Test
  void bucketsHoldLikeLengthsAndAllExamples() {
    int[] lengths = IntStream.range(0, 103).map(i -> i * 37 % 100).toArray();
    var sampler = new BucketSampler(lengths, 10, 100, 5);
    int[] order = sampler.order(2);
    assertThat(Arrays.stream(order).sorted().toArray()).isEqualTo(Sampler.ascending(0, 103));
    assertThat(sampler.order(2)).isEqualTo(order);
    assertThat(sampler.order(3)).isNotEqualTo(order);
    int spread = 0;
    boolean ascending = true;
    for (int b = 0; b < 10; b++) {
      int[] batch =
          Arrays.stream(order, b * 10, b * 10 + 10).map(i -> lengths[i]).sorted().toArray();
      spread = Math.max(spread, batch[9] - batch[0]);
      ascending &= b == 0 || batch[0] >= lengths[order[b * 10 - 1]];
    }
    assertThat(spread).isLessThanOrEqualTo(11);
    assertThat(ascending).as("batches are shuffled").isFalse();
    assertThatThrownBy(() -> new BucketSampler(lengths, 0, 1, 0))
        .hasMessageContaining("at least 1 example");
  }

  @Test
  void refusesNegativeSizes() {
    assertThatThrownBy(() -> Sampler.sequential(-3)).hasMessage("there cannot be -3 examples");
    assertThatThrownBy(() -> Sampler.shuffled(-3, 0)).hasMessage("there cannot be -3 examples");
  }

  @Test
  void numbersBelowABoundAreEvenlySpread() {
    int[] counts = new int[7];
    for (int i = 0; i < 70_000; i++) {
      counts[(int) new Seed(5).derive(i).below(7)]++;
    }
    assertThat(Arrays.stream(counts).min().getAsInt()).isGreaterThan(9_500);
    assertThat(Arrays.stream(counts).max().getAsInt()).isLessThan(10_500);
  }
}
