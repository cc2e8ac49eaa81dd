package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.ActivationFunction;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.ops.function.Pooling;
import dev.kiln.ops.nn.ActivationLayer;
import dev.kiln.ops.nn.AdaptivePool;
import dev.kiln.ops.nn.AveragePool;
import dev.kiln.ops.nn.BatchNorm;
import dev.kiln.ops.nn.Conv1d;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.Conv3d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.ConvTranspose1d;
import dev.kiln.ops.nn.ConvTranspose2d;
import dev.kiln.ops.nn.Embedding;
import dev.kiln.ops.nn.GroupNorm;
import dev.kiln.ops.nn.InstanceNorm;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.LayerNorm;
import dev.kiln.ops.nn.LearnedActivation;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.MaxPool;
import dev.kiln.ops.nn.RmsNorm;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.tests.train.Goldens;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Layers and their gradients against libtorch's, in fp64 and fp32. */
class LayerGoldensTest {
  private static final Context CONTEXT = new Context(Devices.cpu(), 1);

  /** Methods of tensors, without a layer. */
  private static final Set<String> WITHOUT_LAYER = Set.of("softmax", "log-softmax", "glu");

  @AfterAll
  static void close() {
    CONTEXT.close();
  }

  static Stream<Goldens.Case> cases() {
    Goldens goldens = Goldens.of("layers");
    return goldens.names().stream().filter(name -> !WITHOUT_LAYER.contains(name)).map(goldens::get);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsLibtorch(Goldens.Case given) {
    compare(given, DType.FP64);
    compare(given, DType.FP32);
  }

  /** libtorch takes 1/6 for an fp32 number there, in fp64 too. */
  private static boolean isSixthOfFp32(Goldens.Case given, DType dtype) {
    return dtype == DType.FP64 && given.name().equals("hardsigmoid");
  }

  private static void compare(Goldens.Case given, DType dtype) {
    try (Layer layer = layer(given);
        Scope _ = CONTEXT.scope()) {
      layer.to(dtype);
      layer.train(!given.hasOption("training") || given.flag("training"));
      layer.parameters().forEach((name, parameter) -> set(parameter, given.doubles(name)));
      for (String buffer : new String[] {"mean", "variance"}) {
        if (given.inputs().contains(buffer)) {
          String name = buffer.equals("mean") ? "running_mean" : "running_var";
          set(layer.buffers().get(name), given.doubles(buffer));
        }
      }
      Tensor x = input(given, dtype);
      Tensor y = layer.apply(x);
      assertThat(y.shape()).isEqualTo(longs(given.output("y").shape()));
      given.output("y").check(dtype, y.toDoubles());
      y.backward(CONTEXT.of(dtype, given.doubles("dy"), y.shape()));
      for (String name : isSixthOfFp32(given, dtype) ? Set.<String>of() : given.gradients()) {
        Tensor of = name.equals("x") ? x : layer.parameters().get(name);
        given.gradient(name).check(dtype, of.grad().toDoubles());
      }
    }
  }

  private static Tensor input(Goldens.Case given, DType dtype) {
    if (given.inputs().contains("tokens")) {
      return CONTEXT.of(given.indices("tokens"), longs(given.shape("tokens")));
    }
    return CONTEXT.of(dtype, given.doubles("x"), longs(given.shape("x"))).requireGrad();
  }

  private static void set(Tensor tensor, double[] values) {
    try (var _ = CONTEXT.noGrad()) {
      tensor.set(values);
    }
  }

  private static long[] longs(int... numbers) {
    return Arrays.stream(numbers).asLongStream().toArray();
  }

  private static Layer layer(Goldens.Case given) {
    Function<Goldens.Case, Layer> activation = ACTIVATIONS.get(given.name());
    if (activation != null) {
      return activation.apply(given);
    }
    String name = given.name().replaceFirst("(?<=conv[123]d|transpose[123]d)-.*", "");
    return switch (name) {
      case "linear" -> new Linear(CONTEXT, given.shape("weight")[1], given.shape("weight")[0]);
      case "embedding" ->
          new Embedding(CONTEXT, given.shape("weight")[0], given.shape("weight")[1]);
      case "layer-norm" -> new LayerNorm(CONTEXT, given.shape("x")[1]);
      case "rms-norm" -> new RmsNorm(CONTEXT, given.shape("x")[1], given.option("eps"));
      case "group-norm" -> new GroupNorm(CONTEXT, given.integer("groups"), given.shape("x")[1]);
      case "instance-norm" -> new InstanceNorm(CONTEXT, given.shape("x")[1], true);
      case "batch-norm-training", "batch-norm-evaluation" ->
          new BatchNorm(CONTEXT, given.shape("x")[1]);
      case "conv1d" -> new Conv1d(CONTEXT, inputs(given), given.shape("weight")[0], conv(given));
      case "conv2d" -> new Conv2d(CONTEXT, inputs(given), given.shape("weight")[0], conv(given));
      case "conv3d" -> new Conv3d(CONTEXT, inputs(given), given.shape("weight")[0], conv(given));
      case "conv-transpose1d" ->
          new ConvTranspose1d(CONTEXT, inputs(given), given.shape("weight")[1], transposed(given));
      case "conv-transpose2d" ->
          new ConvTranspose2d(CONTEXT, inputs(given), given.shape("weight")[1], transposed(given));
      default -> pooling(given);
    };
  }

  private static long inputs(Goldens.Case given) {
    return given.shape("x")[1];
  }

  private static ConvOptions spatial(Goldens.Case given) {
    int[] weight = given.shape("weight");
    return ConvOptions.kernel(Arrays.copyOfRange(weight, 2, weight.length))
        .withStride(given.integer("stride"))
        .withPadding(given.integer("padding"));
  }

  private static ConvOptions conv(Goldens.Case given) {
    return spatial(given)
        .withDilation(given.integer("dilation"))
        .withGroups(given.integer("groups"));
  }

  private static ConvOptions transposed(Goldens.Case given) {
    return spatial(given).withOutputPadding(given.integer("outputPadding"));
  }

  private static Layer pooling(Goldens.Case given) {
    String name = given.name();
    if (name.startsWith("adaptive")) {
      long[] size = longs(given.integers("size"));
      return name.contains("max")
          ? AdaptivePool.max(CONTEXT, size)
          : AdaptivePool.average(CONTEXT, size);
    }
    if (name.startsWith("upsample")) {
      return new Resized(mode(name), longs(given.integers("size")));
    }
    PoolingOptions options =
        PoolingOptions.of(
            given.shape("x").length - 2,
            given.integer("kernel"),
            given.integer("stride"),
            given.integer("padding"));
    if (name.startsWith("max")) {
      return new MaxPool(CONTEXT, options);
    }
    return new AveragePool(
        CONTEXT, given.flag("countPadding") ? options : options.withoutPadding());
  }

  private static UpsamplingMode mode(String name) {
    return switch (name) {
      case "upsample-nearest" -> UpsamplingMode.NEAREST;
      case "upsample-bilinear" -> UpsamplingMode.LINEAR;
      case "upsample-bilinear-corners" -> UpsamplingMode.LINEAR_WITH_CORNERS;
      default -> throw new IllegalArgumentException(name);
    };
  }

  /** To a size rather than by a factor. */
  private static final class Resized extends Layer {
    private final UpsamplingMode mode;
    private final long[] size;

    Resized(UpsamplingMode mode, long... size) {
      super(CONTEXT);
      this.mode = mode;
      this.size = size;
    }

    @Override
    protected Tensor forward(Tensor x) {
      return Pooling.upsample(x, mode, size);
    }
  }

  private static final Map<String, Function<Goldens.Case, Layer>> ACTIVATIONS =
      Map.ofEntries(
          plain("relu", Activation.RELU),
          plain("sigmoid", Activation.SIGMOID),
          plain("tanh", Activation.TANH),
          plain("silu", Activation.SILU),
          plain("selu", Activation.SELU),
          plain("mish", Activation.MISH),
          plain("hardswish", Activation.HARD_SWISH),
          plain("hardsigmoid", Activation.HARD_SIGMOID),
          plain("log-sigmoid", Activation.LOG_SIGMOID),
          plain("gelu", Activation.GELU),
          plain("gelu-tanh", Activation.GELU_TANH),
          plain("softplus", Activation.SOFTPLUS),
          Map.entry("leaky-relu", c -> ActivationLayer.leakyRelu(CONTEXT, c.option("slope"))),
          Map.entry(
              "elu", c -> new ActivationLayer(CONTEXT, ActivationFunction.elu(c.option("alpha")))),
          Map.entry("prelu", c -> LearnedActivation.prelu(CONTEXT, c.shape("weight")[0])));

  private static Map.Entry<String, Function<Goldens.Case, Layer>> plain(
      String name, Activation activation) {
    return Map.entry(name, ignored -> new ActivationLayer(CONTEXT, activation));
  }
}
