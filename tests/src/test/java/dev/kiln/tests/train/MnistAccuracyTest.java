package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.train.DigitTraining;
import dev.kiln.ops.train.EpochResult;
import dev.kiln.ops.train.TrainingListener;
import dev.kiln.ops.train.TrainingSettings;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class MnistAccuracyTest {
  private static final Mnist DIGITS = Mnist.bundled();

  @Test
  @Tag("slow")
  void theMedianOfFiveSeedsTellsMoreThan96PercentOfTheTestDigits() {
    double[] accuracies = new double[5];
    for (int seed = 1; seed <= accuracies.length; seed++) {
      try (var training =
          new DigitTraining(Devices.cpu(), DIGITS, TrainingSettings.DEFAULT.withSeed(seed))) {
        List<EpochResult> epochs = training.run(TrainingListener.NONE);
        accuracies[seed - 1] = epochs.getLast().testAccuracy();
      }
    }
    Arrays.sort(accuracies);
    assertThat(accuracies[2])
        .as("median of " + Arrays.toString(accuracies))
        .isGreaterThanOrEqualTo(0.96);
  }

  @Test
  void someStepsOnRealDigitsGiveTheSameLossesTwiceAndLearn() {
    TrainingSettings settings = TrainingSettings.DEFAULT.withHidden(64).withSteps(30);
    List<Float> first = losses(settings);
    assertThat(losses(settings)).isEqualTo(first);
    assertThat(first.getLast()).isLessThan(0.6f * first.getFirst());
  }

  private static List<Float> losses(TrainingSettings settings) {
    var losses = new ArrayList<Float>();
    try (var training = new DigitTraining(Devices.cpu(), DIGITS, settings)) {
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
}
