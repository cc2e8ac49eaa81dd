package dev.kiln.ops.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Summary;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.tensor.Context;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ModelCountsTest {
  /** Models of any size: nothing is allocated or computed. */
  private final Context context = new Context(Devices.shapes(), 1);

  @AfterEach
  void close() {
    context.close();
  }

  @Test
  void leNetHas61706ParametersAndSees16Places() {
    Summary summary = Summary.of(new LeNet(context, 10), 1, 1, 28, 28);
    assertThat(summary.trainable()).isEqualTo(61_706);
    assertThat(summary.row("features.3").receptiveField()).containsExactly(16L, 16L);
    assertThat(summary.row("features.0").work())
        .isEqualTo(new Work(28 * 28 * 6 * 25, 28 * 28 * 6 * 51));
    assertThat(summary.row("classifier.1").outputs()).containsExactly(List.of(1L, 120L));
    assertThat(summary.row("classifier.1").receptiveField()).isEmpty();
  }

  @Test
  void alexNetHas46764746ParametersAndSees195Places() {
    Summary summary = Summary.of(new AlexNet(context, AlexNet.Options.full(10)), 1, 1, 224, 224);
    assertThat(summary.trainable()).isEqualTo(46_764_746);
    assertThat(summary.row("features.7").receptiveField()).containsExactly(195L, 195L);
    List<Long> sizes =
        List.of(0, 1, 3, 7).stream()
            .map(i -> summary.row("features." + i).outputs().getFirst().getLast())
            .toList();
    assertThat(sizes).containsExactly(54L, 26L, 12L, 5L);
  }

  @Test
  void alexNetOfTheLeastSizeRuns() {
    var model = new AlexNet(context, new AlexNet.Options(1, 65, 10, 1.0 / 16, 0.5));
    assertThat(shape(model, 2, 1, 65, 65)).containsExactly(2, 10);
  }

  @Test
  void vgg11Has128806154Parameters() {
    var model = new Vgg(context, Vgg.Options.vgg11(10));
    assertThat(model.parameterCount()).isEqualTo(128_806_154);
    Summary summary = Summary.of(model, 2, 1, 224, 224);
    assertThat(summary.trainable()).isEqualTo(128_806_154);
    assertThat(summary.row("classifier.0").inputs()).containsExactly(List.of(2L, 25_088L));
    assertThat(summary.row("classifier.2").work()).isEqualTo(Work.NONE);
  }

  @Test
  void vggHasTorchvisionsNames() {
    Vgg.Options grey = Vgg.Options.vgg11(1000);
    var options = new Vgg.Options(grey.blocks(), 3, 224, 1000, 4096, 0.5);
    var model = new Vgg(context, options);
    assertThat(model.parameterCount()).isEqualTo(132_863_336);
    assertThat(model.parameters().keySet())
        .startsWith("features.0.weight", "features.0.bias", "features.3.weight")
        .contains("features.6.bias", "features.8.bias", "features.18.weight", "classifier.3.bias")
        .endsWith("classifier.6.weight", "classifier.6.bias");
  }

  @Test
  void efficientNetB0Has5288548ParametersOfTorchvisionsNames() {
    var model = new EfficientNet(context, EfficientNet.Options.b0(1000));
    assertThat(model.parameterCount()).isEqualTo(5_288_548);
    assertThat(model.parameters().get("features.2.0.block.1.0.weight").shape())
        .containsExactly(96, 1, 3, 3);
    assertThat(model.parameters().get("features.8.0.weight").shape())
        .containsExactly(1280, 320, 1, 1);
    assertThat(model.state())
        .containsKeys(
            "features.0.0.weight",
            "features.0.1.running_mean",
            "features.1.0.block.1.fc1.weight",
            "features.7.0.block.3.1.bias",
            "classifier.1.bias");
    Summary summary = Summary.of(model, 1, 3, 224, 224);
    assertThat(summary.row("features.8.1").outputs()).containsExactly(List.of(1L, 1280L, 7L, 7L));
    assertThat(summary.row("classifier.1").outputs()).containsExactly(List.of(1L, 1000L));
    // 0.39 billion multiplications and additions in the paper.
    assertThat(summary.work().macs()).isBetween(385_000_000L, 395_000_000L);
    assertThatThrownBy(() -> new EfficientNet.Options(3, 8, 1, List.of(), 8, 10, 0, 0))
        .hasMessage("EfficientNet: there must be at least one stage");
  }

  private long[] shape(Layer model, long... inputs) {
    return model.apply(context.zeros(DType.FP32, inputs)).shape();
  }

  @Test
  void generatorsAndCriticsMirrorEachOther() {
    for (int stages = 0; stages < 3; stages++) {
      long size = 7L << stages;
      var generator = new DigitGenerator(context, DigitGenerator.Options.of(16, 32, stages));
      assertThat(generator.size()).isEqualTo(size);
      assertThat(shape(generator, 2, 16)).containsExactly(2L, 1L, size, size);
      var critic = new DigitCritic(context, DigitCritic.Options.growing(32, stages));
      assertThat(shape(critic, 4, 1, size, size)).containsExactly(4L, 1L);
    }
    assertThatThrownBy(() -> new DigitGenerator(context, DigitGenerator.Options.of(0, 32, 1)))
        .hasMessageContaining("latent 0");
    assertThatThrownBy(() -> DigitCritic.Options.of(8, -1)).hasMessageContaining("stages -1");
  }

  @Test
  void generatorsAndCriticsGrowStageByStage() {
    var generator = new DigitGenerator(context, DigitGenerator.Options.growing(16, 32, 0));
    var critic = new DigitCritic(context, DigitCritic.Options.growing(32, 0));
    assertThatThrownBy(() -> new DigitCritic(context, DigitCritic.Options.of(8, 0)).fade(1))
        .hasMessage("DigitCritic: there is no stage to fade in: it has not grown");
    for (long size = 14; size <= 28; size *= 2) {
      generator = generator.grow();
      critic = critic.grow();
      assertThatThrownBy(generator::grow).hasMessageContaining("is still being faded in");
      assertThatThrownBy(critic::grow).hasMessageContaining("is still being faded in");
      for (double alpha : new double[] {0, 0.5, 1}) {
        generator.fade(alpha);
        critic.fade(alpha);
        assertThat(shape(generator, 4, 16)).containsExactly(4L, 1L, size, size);
        assertThat(shape(critic, 4, 1, size, size)).containsExactly(4L, 1L);
      }
    }
  }

  @Test
  void perceptronWithoutHiddenLayersIsLinear() {
    var model =
        new MultilayerPerceptron(context, MultilayerPerceptron.Options.of(512, List.of(), 10));
    assertThat(model.parameterCount()).isEqualTo(5_130);
    assertThat(Summary.flops(model, 3, 512)).isEqualTo(2 * 3 * 5_120);
  }

  @Test
  void residualNetworkHasNamesOfBottlenecks() {
    var model = new ResNet(context, new ResNet.Options(3, 8, List.of(1, 1), 10));
    assertThat(model.parameters())
        .containsKeys(
            "conv1.weight", "layer1.0.conv1.weight", "layer2.0.downsample.1.bias", "fc.bias");
    Summary summary = Summary.of(model, 2, 3, 16, 16);
    assertThat(summary.row("layer2.0").outputs()).containsExactly(List.of(2L, 64L, 8L, 8L));
    assertThat(summary.row("fc").outputs()).containsExactly(List.of(2L, 10L));
  }

  @Test
  void sizesThatDoNotFitAreRefused() {
    assertThatThrownBy(
            () -> new Vgg(context, new Vgg.Options(List.of(new Vgg.Block(1, 4)), 1, 7, 2, 4, 0)))
        .isInstanceOf(KilnException.class)
        .hasMessage("Vgg: 1 blocks need images whose size is a multiple of 2, but it is 7");
    assertThatThrownBy(() -> new AlexNet(context, new AlexNet.Options(1, 64, 10, 1, 0.5)))
        .hasMessageContaining("images must be of 65 x 65 at least, but are of 64");
    var model =
        new MultilayerPerceptron(
            context, new MultilayerPerceptron.Options(4, List.of(3), 2, Activation.TANH, 0.1));
    assertThatThrownBy(() -> model.apply(context.zeros(DType.FP32, 2, 5)))
        .hasMessage(
            "layer 'layers.1': Linear(4 -> 3): linear: the last axis of reshape fp32[2, 5] must be"
                + " the last axis of weight fp32[3, 4]");
  }
}
