package dev.kiln.tests.ops;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.tests.train.Goldens;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Operations of tensors and their gradients against libtorch's, in fp64 and fp32. */
class TensorGoldensTest {
  private static final Context CONTEXT = new Context(Devices.cpu(), 1);

  private static final Map<String, Function<Map<String, Tensor>, Tensor>> FUNCTIONS =
      Map.ofEntries(
          of("neg", Tensor::neg),
          of("abs", Tensor::abs),
          of("square", Tensor::square),
          of("exp", Tensor::exp),
          of("exp2", Tensor::exp2),
          of("expm1", Tensor::expm1),
          of("sin", Tensor::sin),
          of("cos", Tensor::cos),
          of("erf", Tensor::erf),
          of("clamp", x -> x.clamp(-0.5, 0.75)),
          of("log", Tensor::log),
          of("log2", Tensor::log2),
          of("log1p", Tensor::log1p),
          of("sqrt", Tensor::sqrt),
          of("rsqrt", Tensor::rsqrt),
          of("reciprocal", Tensor::reciprocal),
          of("pow-number", x -> x.pow(2.5)),
          entry("add", in -> in.get("x").add(in.get("y"))),
          entry("sub", in -> in.get("x").sub(in.get("y"))),
          entry("mul", in -> in.get("x").mul(in.get("y"))),
          entry("div", in -> in.get("x").div(in.get("y"))),
          entry("pow", in -> in.get("x").pow(in.get("y"))),
          entry("maximum", in -> in.get("x").maximum(in.get("y"))),
          entry("minimum", in -> in.get("x").minimum(in.get("y"))),
          entry("lerp", in -> in.get("x").lerp(in.get("y"), 0.25)),
          entry("matmul", in -> in.get("x").matmul(in.get("y"))),
          of("sum", x -> x.sum(1)),
          of("mean", x -> x.mean(1)),
          of("prod", x -> x.prod(1)),
          of("amax", x -> x.amax(1)),
          of("amin", x -> x.amin(1)),
          of("logsumexp", x -> x.logSumExp(1)),
          of("variance", x -> x.variance(1)),
          of("std", x -> x.std(1)),
          of("norm", x -> x.norm(1)),
          of("max", x -> x.max(1).values()),
          of("cumsum", x -> x.cumsum(1)),
          of("cumprod", x -> x.cumprod(1)),
          entry("gather", in -> in.get("x").gather(1, in.get("index"))),
          entry("index-select", in -> in.get("x").indexSelect(0, in.get("index"))),
          entry("scatter-add", in -> in.get("x").scatterAdd(1, in.get("index"), in.get("y"))),
          of("sort", x -> x.sort(1, true).values()),
          of("top-2", x -> x.topK(2, 1).values()),
          of("roll", x -> x.roll(1, 1)),
          of("flip", x -> x.flip(1)),
          of("tril", x -> x.tril(0)),
          of("triu", x -> x.triu(1)),
          of("pad", x -> x.pad(1, 1, 2, 5)),
          of("repeat", x -> x.repeat(2, 1)),
          of("transpose", x -> x.transpose(0, 1)),
          entry("cat", in -> Tensor.cat(1, in.get("x"), in.get("y"))));

  private static Map.Entry<String, Function<Map<String, Tensor>, Tensor>> of(
      String name, UnaryOperator<Tensor> function) {
    return entry(name, in -> function.apply(in.get("x")));
  }

  @AfterAll
  static void close() {
    CONTEXT.close();
  }

  static Stream<Goldens.Case> cases() {
    Goldens goldens = Goldens.of("tensors");
    return goldens.names().stream().map(goldens::get);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void equalsLibtorch(Goldens.Case given) {
    for (DType dtype : new DType[] {DType.FP64, DType.FP32}) {
      try (Scope _ = CONTEXT.scope()) {
        Map<String, Tensor> in = GoldenRun.inputs(CONTEXT, given, dtype);
        Tensor y = FUNCTIONS.get(given.name()).apply(in);
        GoldenRun.compare(given, dtype, Map.of("y", y), in, given.gradients());
      }
    }
  }

  @Test
  void everyCaseHasItsFunction() {
    assertThat(cases().map(Goldens.Case::name)).hasSameElementsAs(FUNCTIONS.keySet());
  }
}
