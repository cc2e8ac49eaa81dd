package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.ops.data.Batch;
import dev.kiln.ops.model.AlexNet;
import dev.kiln.ops.model.EfficientNet;
import dev.kiln.ops.model.ResNet;
import dev.kiln.ops.model.Vgg;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.nn.Upsample;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.train.recipe.ClassTask;
import dev.kiln.runtime.Devices;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Known networks at reduced size learn some of the bundled digits. */
@Tag("slow") // compiles every kernel of convolutions
class ImageModelsTest {
  private static final long SEED = Long.getLong("seed", 1);
  private static final int BATCH = 32;

  private final Context context = new Context(Devices.cpu(), SEED);

  @AfterEach
  void close() {
    context.close();
  }

  /** Trains a network, which it closes. */
  private double accuracy(Layer model, Digits digits, double rate, int steps) {
    try (model;
        var training =
            new SmallTraining<Batch>(
                new ClassTask(model, 0), digits.batches(BATCH, SEED), rate, steps)) {
      training.requireGradients().run();
      double accuracy = digits.accuracy(model);
      assertThat(training.last(10)).isLessThan(0.5 * training.first(10));
      return accuracy;
    }
  }

  @Test
  void alexNetOfASixteenthOfTheWidthLearnsEnlargedDigits() {
    Layer enlarge = new Upsample(context, 2, 3, UpsamplingMode.LINEAR);
    Layer alexNet = new AlexNet(context, new AlexNet.Options(1, 84, 10, 1.0 / 16, 0.1));
    Layer model = new Sequential(context, enlarge, alexNet);
    assertThat(accuracy(model, Digits.of(2000, 300), 3e-3, 200)).isGreaterThan(0.8);
  }

  @Test
  void vggOfThreeConvolutionsLearnsDigits() {
    List<Vgg.Block> blocks = List.of(new Vgg.Block(1, 8), new Vgg.Block(2, 16));
    // Seed 1 gave 0.940.
    Layer model = new Vgg(context, new Vgg.Options(blocks, 1, 28, 10, 64, 0.1));
    assertThat(accuracy(model, Digits.of(2000, 300), 3e-3, 200)).isGreaterThan(0.85);
  }

  @Test
  void resNetOfTwoStagesLearnsHalvedDigits() {
    // Seed 1 gave 0.847.
    Layer model = new ResNet(context, new ResNet.Options(1, 8, List.of(1, 1), 10));
    assertThat(accuracy(model, Digits.of(2000, 300).halved(), 5e-3, 200)).isGreaterThan(0.7);
  }

  @Test
  void efficientNetOfTwoStagesLearnsHalvedDigits() {
    List<EfficientNet.Stage> stages =
        List.of(new EfficientNet.Stage(1, 3, 1, 8, 1), new EfficientNet.Stage(4, 3, 2, 16, 2));
    // Seed 1 gave 0.833.
    Layer model =
        new EfficientNet(context, new EfficientNet.Options(1, 8, 1, stages, 64, 10, 0.1, 0.1));
    assertThat(accuracy(model, Digits.of(2000, 300).halved(), 5e-3, 200)).isGreaterThan(0.7);
  }
}
