package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.train.recipe.DigitModel;
import dev.kiln.ops.train.recipe.DigitRecipe;
import dev.kiln.ops.train.recipe.RunSettings;
import dev.kiln.runtime.Devices;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MnistAccuracyTest {
  @ParameterizedTest
  @EnumSource
  @Tag("slow")
  void theMedianOfFiveSeedsTellsAtLeast98PercentOfTheTestDigits(DigitModel model) {
    Mnist digits = Mnist.bundled();
    long steps = (long) model.epochs() * (digits.training().count() / model.batch());
    double[] accuracies = new double[5];
    for (int seed = 1; seed <= accuracies.length; seed++) {
      DigitRun run =
          DigitRun.of(
              Devices.cpu(),
              digits,
              DigitRecipe.Options.of(model).withSeed(seed),
              RunSettings.of(steps, model.rate()));
      accuracies[seed - 1] = run.validation().value("accuracy");
    }
    Arrays.sort(accuracies);
    assertThat(accuracies[2])
        .as("median of " + Arrays.toString(accuracies))
        .isGreaterThanOrEqualTo(0.98);
  }

  @Test
  void someStepsOnRealDigitsGiveTheSameLossesTwiceAndLearn() {
    DigitRecipe.Options options = DigitRecipe.Options.of(DigitModel.MLP).withHidden(64);
    RunSettings settings = RunSettings.of(30, 2e-3);
    Mnist digits = DigitRun.digits(3840, 100);
    DigitRun first = DigitRun.of(Devices.cpu(), digits, options, settings);
    List<Double> losses = first.losses();
    assertThat(DigitRun.of(Devices.cpu(), digits, options, settings).losses()).isEqualTo(losses);
    assertThat(losses.getLast()).isLessThan(0.6 * losses.getFirst());
    assertThat(first.validation().value("accuracy")).isGreaterThan(0.6);
  }
}
