package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.train.recipe.DigitModel;
import dev.kiln.ops.train.recipe.DigitRecipe;
import dev.kiln.ops.train.recipe.RunSettings;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The losses of a training run have the same bits however the CPU device computes them. */
class TrainingBitsTest {
  private static final long MEMORY = 64 << 20;
  private static final Mnist DIGITS = DigitRun.digits(300, 100);

  @Test
  void lossesHaveTheSameBitsForEachNumberOfThreads() {
    List<Double> expected = losses(machine().withThreads(1));
    assertThat(losses(machine().withThreads(2))).as("two threads").isEqualTo(expected);
    assertThat(losses(machine().withThreads(5))).as("five threads").isEqualTo(expected);
  }

  /** Slow: every width compiles all kernels anew. */
  @Test
  @Tag("slow")
  void lossesHaveTheSameBitsForEachSimdWidth() {
    List<Double> expected = losses(machine());
    for (int bits : new int[] {256, 128, 0}) {
      if (bits < machine().simdBits()) {
        assertThat(losses(machine().withSimdBits(bits))).as(bits + " bits").isEqualTo(expected);
      }
    }
  }

  private static CpuOptions machine() {
    return CpuOptions.ofMachine().withMemoryBytes(MEMORY);
  }

  private static List<Double> losses(CpuOptions options) {
    try (var device = new CpuDevice(options)) {
      return DigitRun.of(
              device,
              DIGITS,
              DigitRecipe.Options.of(DigitModel.MLP).withHidden(300).withBatch(100),
              RunSettings.of(4, 2e-3))
          .losses();
    }
  }
}
