package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.LearnableActivation;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.ops.nn.ActivationLayer;
import dev.kiln.ops.nn.AdaptivePool;
import dev.kiln.ops.nn.AveragePool;
import dev.kiln.ops.nn.BatchNorm;
import dev.kiln.ops.nn.Bottleneck;
import dev.kiln.ops.nn.Conv1d;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.Conv3d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.ConvTranspose1d;
import dev.kiln.ops.nn.ConvTranspose2d;
import dev.kiln.ops.nn.ConvTranspose3d;
import dev.kiln.ops.nn.Embedding;
import dev.kiln.ops.nn.FadeIn;
import dev.kiln.ops.nn.Flatten;
import dev.kiln.ops.nn.GraphConvolution;
import dev.kiln.ops.nn.GroupNorm;
import dev.kiln.ops.nn.InstanceNorm;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.LayerNorm;
import dev.kiln.ops.nn.LearnedActivation;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.MaxPool;
import dev.kiln.ops.nn.MbConv;
import dev.kiln.ops.nn.MinibatchStandardDeviation;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.PixelNorm;
import dev.kiln.ops.nn.Residual;
import dev.kiln.ops.nn.RmsNorm;
import dev.kiln.ops.nn.SeparableConv2d;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.nn.SqueezeExcitation;
import dev.kiln.ops.nn.Unflatten;
import dev.kiln.ops.nn.Upsample;
import dev.kiln.ops.nn.WeightForm;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of layers, of their input too, against central differences in fp64. */
class LayerGradientTest {
  private static final Context CONTEXT = new Context(Devices.cpu(), 1);
  private static final ConvOptions THREE = ConvOptions.kernel(3);

  @AfterAll
  static void close() {
    CONTEXT.close();
  }

  /** A layer, and an input as one of its parameters. */
  private static final class Probe extends Module {
    private final Layer layer;
    private final Tensor x;

    Probe(Layer layer, long... shape) {
      super(CONTEXT);
      this.layer = child("layer", layer);
      x = parameter("x", CONTEXT.zeros(DType.FP32, shape));
    }

    Tensor run() {
      return layer.apply(x);
    }
  }

  private record Case(String name, Function<Context, Layer> layer, long... shape) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Case of(String name, Function<Context, Layer> layer, long... shape) {
    return new Case(name, layer, shape);
  }

  static Stream<Case> products() {
    Linear.Options plain = Linear.Options.DEFAULT;
    return Stream.of(
        of("linear", c -> new Linear(c, 4, 3), 2, 3, 4),
        of("linear gelu", c -> new Linear(c, 4, 3, plain.withActivation(Activation.GELU)), 2, 4),
        of("linear relu", c -> new Linear(c, 4, 3, plain.withActivation(Activation.RELU)), 2, 4),
        of("linear no bias", c -> new Linear(c, 4, 3, false), 5, 4),
        of("weight norm", c -> new Linear(c, 4, 3, plain.withForm(WeightForm.WEIGHT_NORM)), 2, 4),
        of("equalized", c -> new Linear(c, 4, 3, plain.withForm(WeightForm.EQUALIZED_RATE)), 2, 4),
        of("graph", c -> new GraphConvolution(c, path(c), 2, 3, true), 2, 3, 2),
        of("graph, one sample", c -> new GraphConvolution(c, path(c), 2, 3, false), 3, 2));
  }

  private static Tensor path(Context context) {
    return context.of(new float[] {.5f, .5f, 0, .3f, .3f, .3f, 0, .5f, .5f}, 3, 3);
  }

  static Stream<Case> convolutions() {
    return Stream.of(
        of("1d", c -> new Conv1d(c, 2, 3, THREE.withPadding(1).withStride(2)), 2, 2, 7),
        of("2d", c -> new Conv2d(c, 2, 3, ConvOptions.kernel(3, 2).withStride(2, 1)), 2, 2, 5, 4),
        of(
            "2d dilated",
            c -> new Conv2d(c, 2, 2, THREE.withDilation(2).withPadding(2)),
            1,
            2,
            5,
            5),
        of("2d groups", c -> new Conv2d(c, 4, 6, THREE.withGroups(2)), 1, 4, 4, 4),
        of("2d depthwise", c -> new Conv2d(c, 3, 3, THREE.withGroups(3)), 2, 3, 4, 4),
        of("2d tanh", c -> new Conv2d(c, 2, 2, THREE.withActivation(Activation.TANH)), 1, 2, 4, 4),
        of("separable", c -> new SeparableConv2d(c, 2, 3, THREE.withPadding(1)), 1, 2, 4, 4),
        of("3d", c -> new Conv3d(c, 1, 2, ConvOptions.kernel(2).withStride(2)), 1, 1, 4, 4, 4),
        of(
            "2d weight norm",
            c -> new Conv2d(c, 2, 3, THREE.withForm(WeightForm.WEIGHT_NORM)),
            1,
            2,
            4,
            4),
        of(
            "2d equalized",
            c -> new Conv2d(c, 2, 3, THREE.withForm(WeightForm.EQUALIZED_RATE)),
            1,
            2,
            4,
            4),
        of("transposed 1d", c -> new ConvTranspose1d(c, 2, 3, THREE.withStride(2)), 2, 2, 4),
        of(
            "transposed 2d",
            c ->
                new ConvTranspose2d(
                    c, 2, 4, THREE.withStride(2).withPadding(1).withOutputPadding(1).withGroups(2)),
            1,
            2,
            3,
            3),
        of("transposed 3d", c -> new ConvTranspose3d(c, 1, 2, 2), 1, 1, 2, 2, 3));
  }

  static Stream<Case> pooling() {
    return Stream.of(
        of("max 1d", c -> new MaxPool(c, 1, 2), 2, 2, 6),
        of("max 2d", c -> new MaxPool(c, PoolingOptions.of(2, 3, 2, 1)), 1, 2, 5, 6),
        of("max 3d", c -> new MaxPool(c, 3, 2), 1, 1, 4, 4, 2),
        of("average 1d", c -> new AveragePool(c, 1, 3), 1, 2, 7),
        of("average 2d", c -> new AveragePool(c, PoolingOptions.of(2, 3, 2, 1)), 1, 2, 5, 6),
        of("average 3d", c -> new AveragePool(c, 3, 2), 1, 1, 4, 4, 2),
        of("adaptive average", c -> AdaptivePool.average(c, 2, 3), 1, 2, 5, 4),
        of("adaptive max", c -> AdaptivePool.max(c, 2, 3), 1, 2, 5, 4),
        of("nearest", c -> new Upsample(c, 2, 2, UpsamplingMode.NEAREST), 1, 2, 3, 2),
        of("linear 1d", c -> new Upsample(c, 1, 2, UpsamplingMode.LINEAR), 1, 2, 4),
        of("linear", c -> new Upsample(c, 2, 1.5, UpsamplingMode.LINEAR), 1, 2, 4, 4));
  }

  static Stream<Case> norms() {
    return Stream.of(
        of("batch norm of rows", c -> new BatchNorm(c, 3), 5, 3),
        of("batch norm", c -> new BatchNorm(c, 2, Activation.SILU), 2, 2, 3, 3),
        of("batch norm of volumes", c -> new BatchNorm(c, 2), 2, 2, 2, 2, 2),
        of("layer norm", c -> new LayerNorm(c, 5), 2, 3, 5),
        of("layer norm of two axes", c -> new LayerNorm(c, 3, 4), 2, 3, 4),
        of(
            "layer norm without bias",
            c -> new LayerNorm(c, new LayerNorm.Options(1e-5, true, false), 5),
            3,
            5),
        of("rms norm", c -> new RmsNorm(c, 5), 2, 3, 5),
        of("group norm", c -> new GroupNorm(c, 2, 4), 2, 4, 3),
        of(
            "group norm with activation",
            c -> new GroupNorm(c, 2, 4, 1e-5, true, Activation.GELU),
            2,
            4,
            3),
        of("instance norm", c -> new InstanceNorm(c, 2, true), 2, 2, 3, 3),
        of("pixel norm", c -> new PixelNorm(c), 2, 3, 2, 2),
        of("minibatch deviation", c -> new MinibatchStandardDeviation(c, 2), 4, 2, 2, 2));
  }

  static Stream<Case> blocks() {
    return Stream.of(
        of("gelu", ActivationLayer::gelu, 2, 5),
        of("leaky relu", c -> ActivationLayer.leakyRelu(c, 0.2), 2, 5),
        of("prelu", c -> LearnedActivation.prelu(c, 3), 2, 3, 2),
        of("learned sigmoid", LearnedActivation::sigmoid, 2, 5),
        of(
            "learned swish",
            c -> new LearnedActivation(c, LearnableActivation.Function.SWISH, 1, 1),
            2,
            5),
        of("shapes", c -> new Sequential(c, new Flatten(c), new Unflatten(c, 1, 3, 2)), 2, 2, 3),
        of("residual", c -> new Residual(c, new Linear(c, 3, 3)), 2, 3),
        of(
            "residual with shortcut",
            c -> new Residual(c, new Linear(c, 3, 2), new Linear(c, 3, 2)),
            2,
            3),
        of(
            "fade in",
            c -> new FadeIn(c, new Linear(c, 3, 2), new Linear(c, 3, 2)).alpha(0.3),
            2,
            3),
        of(
            "squeeze and excitation",
            c -> new SqueezeExcitation(c, 4, 2, Activation.SILU),
            1,
            4,
            2,
            2),
        of("mbconv", c -> new MbConv(c, 3, 3, MbConv.Options.DEFAULT.withExpansion(2)), 2, 3, 3, 3),
        of(
            "mbconv with stride",
            c -> new MbConv(c, 3, 2, MbConv.Options.DEFAULT.withExpansion(1).withStride(2)),
            2,
            3,
            4,
            4),
        of("bottleneck", c -> new Bottleneck(c, 4, 1, 1), 2, 4, 3, 3),
        of("bottleneck with stride", c -> new Bottleneck(c, 3, 1, 2), 2, 3, 4, 4));
  }

  @ParameterizedTest
  @MethodSource({"products", "convolutions", "pooling", "norms", "blocks"})
  void matchDifferences(Case given) {
    try (var probe = probe(given)) {
      ModuleGradient.check(probe, probe::run);
      gradientsAddUp(probe);
    }
  }

  private static Probe probe(Case given) {
    try (Scope _ = CONTEXT.scope()) {
      return new Probe(given.layer().apply(CONTEXT), given.shape());
    }
  }

  /** Two passes give twice the gradients of one: kernels that overwrite must not do so then. */
  private static void gradientsAddUp(Probe probe) {
    Map<String, double[]> once = new HashMap<>();
    for (int pass = 0; pass < 2; pass++) {
      try (Scope _ = CONTEXT.scope()) {
        probe.run().sum().backward();
      }
      for (Map.Entry<String, Tensor> parameter : probe.parameters().entrySet()) {
        double[] now = parameter.getValue().grad().toDoubles();
        double[] first = once.putIfAbsent(parameter.getKey(), now);
        for (int i = 0; first != null && i < now.length; i++) {
          // Where branches meet, sums are in another order.
          assertThat(now[i])
              .as(parameter.getKey())
              .isCloseTo(2 * first[i], withinPercentage(1e-10));
        }
      }
    }
  }

  @Test
  void spectralNormHoldsItsVectorsFixed() {
    var options = THREE.withForm(WeightForm.SPECTRAL_NORM);
    try (var probe = new Probe(new Conv2d(CONTEXT, 2, 3, options), 1, 2, 4, 4)) {
      probe.evaluate();
      ModuleGradient.check(probe, probe::run);
    }
  }

  @Test
  void batchNormOfEvaluation() {
    try (var probe = new Probe(new BatchNorm(CONTEXT, 2, Activation.SIGMOID), 2, 2, 3)) {
      probe.evaluate();
      ModuleGradient.check(probe, probe::run);
    }
  }

  @Test
  void embeddingWithPadding() {
    try (var layer =
        new Embedding(CONTEXT, 5, 3, Embedding.Options.DEFAULT.withPadding(2).withScale(1.5))) {
      layer.to(DType.FP64);
      try (Scope _ = CONTEXT.scope()) {
        Tensor indices = CONTEXT.of(new long[] {0, 2, 4, 0, 0, 2}, 2, 3);
        layer.apply(indices).sum().backward();
      }
      assertThat(layer.weight().grad().toDoubles())
          .containsExactly(4.5, 4.5, 4.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1.5, 1.5, 1.5);
    }
  }
}
