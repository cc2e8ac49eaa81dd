package dev.kiln.ops.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ops.nn.Initialization.Fan;
import dev.kiln.ops.tensor.Context;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class InitializationTest {
  private final Context context = new Context(Devices.cpu(), 7);
  private final Numbers random = new Numbers(context.random());

  @AfterEach
  void close() {
    context.close();
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  private static double variance(double[] values) {
    double mean = mean(values);
    return Arrays.stream(values).map(x -> (x - mean) * (x - mean)).average().orElseThrow();
  }

  private static double largest(double[] values) {
    return Arrays.stream(values).map(Math::abs).max().orElseThrow();
  }

  @Test
  void sameSeedSameNumbersAndEachDrawOthers() {
    double[] first = Initialization.normal(0, 1).values(random, 3, 5);
    double[] second = Initialization.normal(0, 1).values(random, 3, 5);
    context.random().restore(7, 0);
    assertThat(Initialization.normal(0, 1).values(random, 3, 5)).isEqualTo(first);
    assertThat(second).isNotEqualTo(first);
    try (var other = new Context(Devices.cpu(), 8)) {
      assertThat(Initialization.normal(0, 1).values(new Numbers(other.random()), 3, 5))
          .isNotEqualTo(first);
    }
  }

  @Test
  void momentsAreThoseOfTheDistributions() {
    double[] normal = Initialization.normal(2, 3).values(random, 100, 100);
    assertThat(mean(normal)).isCloseTo(2, within(0.1));
    assertThat(variance(normal)).isCloseTo(9, within(0.3));
    double[] uniform = Initialization.uniform(-1, 3).values(random, 100, 100);
    assertThat(mean(uniform)).isCloseTo(1, within(0.05));
    assertThat(variance(uniform)).isCloseTo(16.0 / 12, within(0.05));
    assertThat(Arrays.stream(uniform)).allMatch(x -> x > -1 && x < 3);
  }

  @Test
  void truncatedNormalStaysWithinItsBounds() {
    double[] values = Initialization.truncatedNormal(1, 2, 0, 2).values(random, 100, 100);
    assertThat(Arrays.stream(values)).allMatch(x -> x >= 0 && x <= 2);
    assertThat(mean(values)).isCloseTo(1, within(0.05));
    // Of a normal distribution within half a deviation.
    assertThat(variance(values)).isCloseTo(4 * 0.0803, within(0.01));
    assertThatThrownBy(() -> Initialization.truncatedNormal(0, 1, 4, 5))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("nothing is left of mean 0.0, deviation 1.0 between 4.0 and 5.0");
  }

  @Test
  void fansCountTapsAndScaleTheVariance() {
    long[] shape = {32, 16, 3, 3};
    double in = 16 * 9;
    double out = 32 * 9;
    double[] xavier = Initialization.xavierUniform(1).values(random, shape);
    assertThat(largest(xavier)).isCloseTo(Math.sqrt(6 / (in + out)), within(1e-3));
    assertThat(variance(Initialization.xavierNormal(2).values(random, shape)))
        .isCloseTo(4 * 2 / (in + out), within(1e-3));
    assertThat(
            variance(
                Initialization.heNormal(Fan.IN, Initialization.reluGain()).values(random, shape)))
        .isCloseTo(2 / in, within(1e-3));
    assertThat(largest(Initialization.heUniform(Fan.OUT, 1).values(random, shape)))
        .isCloseTo(Math.sqrt(3 / out), within(1e-3));
    assertThat(largest(Initialization.byFanIn().values(random, shape)))
        .isCloseTo(1 / Math.sqrt(in), within(1e-3));
    assertThatThrownBy(() -> Initialization.byFanIn().values(random, 3))
        .hasMessageContaining("fans need outputs x inputs x ..., but the shape is [3]");
  }

  @Test
  void gains() {
    assertThat(Initialization.leakyReluGain(Math.sqrt(5)))
        .isCloseTo(Math.sqrt(1 / 3.0), within(1e-15));
    assertThat(Initialization.tanhGain()).isEqualTo(5 / 3.0);
  }

  @Test
  void orthogonalRowsOrColumns() {
    for (int[] shape : new int[][] {{3, 7}, {7, 3}, {4, 4}}) {
      double[] w = Initialization.orthogonal(2).values(random, shape[0], shape[1]);
      boolean isWide = shape[0] <= shape[1];
      int count = Math.min(shape[0], shape[1]);
      for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
          int a = i;
          int b = j;
          double dot =
              IntStream.range(0, Math.max(shape[0], shape[1]))
                  .mapToDouble(
                      k ->
                          isWide
                              ? w[a * shape[1] + k] * w[b * shape[1] + k]
                              : w[k * shape[1] + a] * w[k * shape[1] + b])
                  .sum();
          assertThat(dot).isCloseTo(i == j ? 4 : 0, within(1e-12));
        }
      }
    }
  }

  @Test
  void layersStartAsInPyTorch() {
    try (var linear = new Linear(context, 400, 50);
        var convolution = new Conv2d(context, 8, 16, 5);
        var table = new Embedding(context, 100, 50, Embedding.Options.DEFAULT.withPadding(3));
        var norm = new BatchNorm(context, 4)) {
      assertThat(largest(linear.weight().toDoubles())).isCloseTo(0.05, within(1e-4));
      assertThat(largest(linear.bias().toDoubles())).isBetween(0.04, 0.05);
      assertThat(largest(convolution.weight().toDoubles()))
          .isCloseTo(1 / Math.sqrt(200), within(1e-4));
      double[] rows = table.weight().toDoubles();
      assertThat(variance(rows)).isCloseTo(1, within(0.05));
      assertThat(Arrays.copyOfRange(rows, 150, 200)).containsOnly(0);
      assertThat(norm.state().get("weight").toFloats()).containsOnly(1);
      assertThat(norm.state().get("running_var").toFloats()).containsOnly(1);
      assertThat(norm.state().keySet())
          .containsExactly("weight", "bias", "running_mean", "running_var", "num_batches_tracked");
    }
  }
}
