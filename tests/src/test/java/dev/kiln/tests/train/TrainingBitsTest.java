package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.LabeledImages;
import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.train.DigitTraining;
import dev.kiln.ops.train.TrainingListener;
import dev.kiln.ops.train.TrainingSettings;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The losses of a training run have the same bits however the CPU device computes them. */
class TrainingBitsTest {
  private static final long MEMORY = 64 << 20;
  private static final Mnist DIGITS = someDigits();
  private static final TrainingSettings SETTINGS =
      TrainingSettings.DEFAULT.withHidden(300).withBatch(100).withSteps(4);

  @Test
  void lossesHaveTheSameBitsForEachNumberOfThreads() {
    List<Float> expected = losses(machine().withThreads(1));
    assertThat(losses(machine().withThreads(2))).as("two threads").isEqualTo(expected);
    assertThat(losses(machine().withThreads(5))).as("five threads").isEqualTo(expected);
  }

  /** Slow: every width compiles all kernels anew. */
  @Test
  @Tag("slow")
  void lossesHaveTheSameBitsForEachSimdWidth() {
    List<Float> expected = losses(machine());
    for (int bits : new int[] {256, 128, 0}) {
      if (bits < machine().simdBits()) {
        assertThat(losses(machine().withSimdBits(bits))).as(bits + " bits").isEqualTo(expected);
      }
    }
  }

  private static CpuOptions machine() {
    return CpuOptions.ofMachine().withMemoryBytes(MEMORY);
  }

  private static List<Float> losses(CpuOptions options) {
    var losses = new ArrayList<Float>();
    try (var device = new CpuDevice(options);
        var training = new DigitTraining(device, DIGITS, SETTINGS)) {
      training.run(
          new TrainingListener() {
            @Override
            public void stepped(long step, int epoch, double learningRate, float loss) {
              losses.add(loss);
            }
          });
    }
    return losses;
  }

  /** A part of the real digits: 300 to train, 100 to test. */
  private static Mnist someDigits() {
    Mnist all = Mnist.bundled();
    return new Mnist(first(all.training(), 300), first(all.test(), 100));
  }

  private static LabeledImages first(LabeledImages images, int count) {
    return new LabeledImages(
        images.height(),
        images.width(),
        images.classes(),
        Arrays.copyOf(images.pixels(), count * images.imageSize()),
        Arrays.copyOf(images.labels(), count));
  }
}
