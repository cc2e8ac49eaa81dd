package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ops.data.LabeledImages;
import dev.kiln.ops.data.Mnist;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DigitTrainingTest {
  private static final Mnist DIGITS = new Mnist(bars(100, 1), bars(37, 2));
  private static final TrainingSettings SETTINGS =
      TrainingSettings.DEFAULT.withBatch(16).withHidden(20).withEpochs(3).withLearningRate(1e-2);

  @Test
  void theSameSeedGivesTheSameLossesAndWeightsBitForBit() {
    Run first = run(Devices.cpu(), SETTINGS);
    Run second = run(Devices.cpu(), SETTINGS);
    assertThat(second.losses).isEqualTo(first.losses).hasSize(3 * 6);
    assertThat(second.weights).isEqualTo(first.weights);
    assertThat(run(Devices.cpu(), SETTINGS.withSeed(2)).losses).isNotEqualTo(first.losses);
  }

  @Test
  void devicesAgree() {
    Run cpu = run(Devices.cpu(), SETTINGS.withSteps(6));
    Run eval = run(Devices.eval(), SETTINGS.withSteps(6));
    for (int i = 0; i < cpu.losses.size(); i++) {
      assertThat(cpu.losses.get(i))
          .as("loss of step " + (i + 1))
          .isCloseTo(eval.losses.get(i), within(1e-4f));
    }
  }

  @Test
  void learnsToTellBarsApart() {
    List<EpochResult> epochs = run(Devices.cpu(), SETTINGS.withEpochs(15)).epochs;
    assertThat(epochs).hasSize(15);
    assertThat(epochs.getLast().testAccuracy()).isGreaterThan(0.9);
    assertThat(epochs.getLast().loss()).isLessThan(epochs.getFirst().loss());
  }

  @Test
  void stepsMayEndWithinAnEpoch() {
    List<EpochResult> epochs = run(Devices.cpu(), SETTINGS.withSteps(8)).epochs;
    assertThat(epochs).extracting(EpochResult::steps).containsExactly(6L, 8L);
  }

  @Test
  void aBatchLargerThanTheDataIsRefused() {
    assertThatThrownBy(() -> new DigitTraining(Devices.cpu(), DIGITS, SETTINGS.withBatch(101)))
        .isInstanceOf(KilnException.class)
        .hasMessage("a batch of 101 is more than the 100 training images");
  }

  private record Run(List<Float> losses, List<EpochResult> epochs, String weights) {}

  private static Run run(Device device, TrainingSettings settings) {
    var losses = new ArrayList<Float>();
    try (var training = new DigitTraining(device, DIGITS, settings)) {
      List<EpochResult> epochs =
          training.run(
              new TrainingListener() {
                @Override
                public void stepped(long step, int epoch, double learningRate, float loss) {
                  losses.add(loss);
                }
              });
      String weights =
          Integer.toString(
                  Arrays.hashCode(training.model().parameters().get("layer1.weight").toBytes()))
              + Arrays.hashCode(training.model().parameters().get("layer2.bias").toBytes());
      return new Run(losses, epochs, weights);
    }
  }

  /** Images of 6 x 6 with a bar at one of four places on a noisy ground. */
  private static LabeledImages bars(int count, long seed) {
    var random = new SplittableRandom(seed);
    byte[] pixels = new byte[count * 36];
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(4);
      for (int p = 0; p < 36; p++) {
        boolean ink = labels[i] < 2 ? p / 6 == 1 + 3 * labels[i] : p % 6 == 1 + 3 * (labels[i] - 2);
        pixels[i * 36 + p] = (byte) ((ink ? 200 : 0) + random.nextInt(50));
      }
    }
    return new LabeledImages(6, 6, 4, pixels, labels);
  }
}
