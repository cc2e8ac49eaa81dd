package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.function.AttentionTerms;
import dev.kiln.ops.function.Attentions;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.sequence.AttentionLayerOptions;
import dev.kiln.ops.nn.sequence.Gru;
import dev.kiln.ops.nn.sequence.Lstm;
import dev.kiln.ops.nn.sequence.MultiHeadAttention;
import dev.kiln.ops.nn.sequence.Recurrent;
import dev.kiln.ops.nn.sequence.RecurrentOptions;
import dev.kiln.ops.nn.sequence.RecurrentResult;
import dev.kiln.ops.nn.sequence.RecurrentState;
import dev.kiln.ops.nn.sequence.Rnn;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.tests.train.Goldens;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Recurrent layers, attention and operations on rows against libtorch's, in fp64 and fp32. */
class SequenceGoldensTest {
  private static final Context CONTEXT = new Context(Devices.cpu(), 1);

  @AfterAll
  static void close() {
    CONTEXT.close();
  }

  static Stream<Goldens.Case> sequences() {
    Goldens goldens = Goldens.of("sequences");
    return goldens.names().stream().map(goldens::get);
  }

  static Stream<Goldens.Case> rows() {
    return Stream.of("softmax", "log-softmax", "glu").map(Goldens.of("layers")::get);
  }

  @ParameterizedTest
  @MethodSource("sequences")
  void equalsLibtorch(Goldens.Case given) {
    for (DType dtype : new DType[] {DType.FP64, DType.FP32}) {
      if (given.name().startsWith("attention")) {
        attention(given, dtype);
      } else if (given.name().startsWith("multi-head")) {
        multiHead(given, dtype);
      } else {
        recurrent(given, dtype);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("rows")
  void operationsOnRowsEqualLibtorchs(Goldens.Case given) {
    for (DType dtype : new DType[] {DType.FP64, DType.FP32}) {
      try (Scope _ = CONTEXT.scope()) {
        Map<String, Tensor> in = GoldenRun.inputs(CONTEXT, given, dtype);
        Tensor x = in.get("x");
        Tensor y =
            switch (given.name()) {
              case "softmax" -> x.softmax(-1);
              case "log-softmax" -> x.logSoftmax(-1);
              default -> glu(x);
            };
        compare(given, dtype, Map.of("y", y), in);
      }
    }
  }

  private static Tensor glu(Tensor x) {
    long half = x.dim(1) / 2;
    return x.narrow(1, half, half).gate(Activation.SIGMOID, x.narrow(1, 0, half));
  }

  private static void recurrent(Goldens.Case given, DType dtype) {
    int[] x = given.shape("x");
    RecurrentOptions options =
        RecurrentOptions.of(x[2], given.shape("h0")[2]).withLayers(given.integer("layers"));
    try (Recurrent layer =
            cell(given, given.flag("bidirectional") ? options.bidirectional() : options);
        Scope _ = CONTEXT.scope()) {
      Map<String, Tensor> in = GoldenRun.inputs(CONTEXT, given, dtype);
      in.putAll(weights(layer, given, dtype));
      RecurrentResult result =
          layer.apply(in.get("x"), new RecurrentState(in.get("h0"), in.get("c0")), null);
      var outputs = new LinkedHashMap<String, Tensor>();
      outputs.put("y", result.y());
      outputs.put("h", result.state().hidden());
      if (result.state().cells() != null) {
        outputs.put("c", result.state().cells());
      }
      compare(given, dtype, outputs, in);
    }
  }

  private static Recurrent cell(Goldens.Case given, RecurrentOptions options) {
    return switch (given.name().replaceFirst("-(bidirectional|2-layers)", "")) {
      case "rnn-tanh" -> new Rnn(CONTEXT, options);
      case "rnn-relu" -> new Rnn(CONTEXT, options, true);
      case "gru" -> new Gru(CONTEXT, options);
      case "lstm" -> new Lstm(CONTEXT, options);
      default -> throw new AssertionError("no layer for " + given);
    };
  }

  private static void attention(Goldens.Case given, DType dtype) {
    AttentionOptions options = AttentionOptions.DEFAULT;
    if (given.hasOption("left")) {
      options = options.withWindow(given.integer("left"), 0);
    } else {
      options = options.withScale(given.option("scale"));
      options = given.flag("causal") ? options.causal() : options;
    }
    try (Scope _ = CONTEXT.scope()) {
      Map<String, Tensor> in = GoldenRun.inputs(CONTEXT, given, dtype);
      Tensor y =
          Attentions.attention(
              placesFirst(in.get("q")),
              placesFirst(in.get("k")),
              placesFirst(in.get("v")),
              new AttentionTerms(null, null),
              options);
      compare(given, dtype, Map.of("y", placesFirst(y)), in);
    }
  }

  /** Heads and places change their order, either way. */
  private static Tensor placesFirst(Tensor heads) {
    return heads.transpose(1, 2);
  }

  private static void multiHead(Goldens.Case given, DType dtype) {
    AttentionLayerOptions options = AttentionLayerOptions.of(given.integer("heads"));
    try (var layer =
            new MultiHeadAttention(
                CONTEXT, given.shape("x")[2], given.flag("causal") ? options.causal() : options);
        Scope _ = CONTEXT.scope()) {
      Map<String, Tensor> in = GoldenRun.inputs(CONTEXT, given, dtype);
      in.putAll(weights(layer, given, dtype));
      Tensor x = in.get("x");
      Tensor y = in.containsKey("memory") ? layer.apply(x, in.get("memory"), null) : layer.apply(x);
      compare(given, dtype, Map.of("y", y), in);
    }
  }

  /** The parameters of a layer by the names of the inputs, which they hold. */
  private static Map<String, Tensor> weights(Module layer, Goldens.Case given, DType dtype) {
    layer.to(dtype);
    var made = new HashMap<String, Tensor>();
    layer
        .parameters()
        .forEach(
            (name, parameter) -> {
              String input = name.replace('.', '_');
              assertThat(given.inputs()).as("the inputs of %s", given).contains(input);
              try (var _ = CONTEXT.noGrad()) {
                parameter.set(given.doubles(input));
              }
              made.put(input, parameter);
            });
    return made;
  }

  private static void compare(
      Goldens.Case given, DType dtype, Map<String, Tensor> outputs, Map<String, Tensor> inputs) {
    Set<String> gradients = isTooSmallForErrors(given, dtype) ? Set.of() : given.gradients();
    GoldenRun.compare(given, dtype, outputs, inputs, gradients);
  }

  /**
   * libtorch happens to be nearer than usual on the few numbers of this case in fp32; the rule is
   * held for windows in fp32 by the test of the kernel, on more of them.
   */
  private static boolean isTooSmallForErrors(Goldens.Case given, DType dtype) {
    return dtype == DType.FP32 && given.name().equals("attention-windowed");
  }
}
