package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.tests.kernels.NumericalGradient;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradient of every operation of tensors against central differences, in fp64. */
class TensorGradientTest {
  private static final Context CONTEXT = new Context(Devices.cpu(), 1);

  @AfterAll
  static void close() {
    CONTEXT.close();
  }

  /**
   * @param lowest of the inputs' numbers
   * @param highest of the inputs' numbers
   */
  record Case(
      String name,
      double lowest,
      double highest,
      Function<Tensor[], Tensor> function,
      long[]... shapes) {
    Case(String name, Function<Tensor[], Tensor> function, long[]... shapes) {
      this(name, -2, 2, function, shapes);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  private static long[] s(long... extents) {
    return extents;
  }

  private static Case unary(String name, double lowest, Function<Tensor, Tensor> function) {
    return new Case(name, lowest, 2, in -> function.apply(in[0]), s(2, 3));
  }

  private static Case unary(String name, Function<Tensor, Tensor> function) {
    return unary(name, -2, function);
  }

  static Stream<Case> functions() {
    return Stream.of(
        unary("neg", Tensor::neg),
        unary("abs", Tensor::abs),
        unary("square", Tensor::square),
        unary("sqrt", 0.2, Tensor::sqrt),
        unary("rsqrt", 0.2, Tensor::rsqrt),
        unary("reciprocal", 0.2, Tensor::reciprocal),
        unary("exp", Tensor::exp),
        unary("exp2", Tensor::exp2),
        unary("expm1", Tensor::expm1),
        unary("log", 0.2, Tensor::log),
        unary("log2", 0.2, Tensor::log2),
        unary("log1p", -0.8, Tensor::log1p),
        unary("sin", Tensor::sin),
        unary("cos", Tensor::cos),
        unary("erf", Tensor::erf),
        unary("floor", Tensor::floor),
        unary("copy", Tensor::copy),
        unary("add number", x -> x.add(3)),
        unary("sub number", x -> x.sub(3)),
        unary("rsub", x -> x.rsub(3)),
        unary("mul number", x -> x.mul(-3)),
        unary("div number", x -> x.div(4)),
        unary("rdiv", 0.2, x -> x.rdiv(4)),
        unary("affine", x -> x.affine(3, 4)),
        unary("pow number", 0.2, x -> x.pow(2.5)),
        unary("maximum number", x -> x.maximum(0.3)),
        unary("minimum number", x -> x.minimum(0.3)),
        unary("clamp", x -> x.clamp(-0.5, 0.7)),
        unary("softmax", x -> x.softmax(-1)),
        unary("softmax of rows", x -> x.softmax(0)),
        unary("logSoftmax", x -> x.logSoftmax(1)),
        unary("dropout", x -> dropout(x)),
        unary("permuted", x -> x.transpose(0, 1).exp()));
  }

  /** With the same random numbers each time. */
  private static Tensor dropout(Tensor x) {
    CONTEXT.random().restore(5, 0);
    return x.dropout(0.4, true);
  }

  static Stream<Case> activations() {
    return Arrays.stream(Activation.values())
        .filter(activation -> activation != Activation.NONE)
        .map(activation -> unary(activation.kernelName(), x -> x.activate(activation)));
  }

  static Stream<Case> pairs() {
    return Stream.of(
        new Case("add", in -> in[0].add(in[1]), s(2, 3), s(2, 3)),
        new Case("add rows", in -> in[0].add(in[1]), s(2, 3), s(3)),
        new Case("sub columns", in -> in[0].sub(in[1]), s(2, 1), s(2, 3)),
        new Case("mul", in -> in[0].mul(in[1]), s(2, 1, 3), s(4, 1)),
        new Case("div", 0.3, 2, in -> in[0].div(in[1]), s(2, 3), s(3)),
        new Case("pow", 0.3, 2, in -> in[0].pow(in[1]), s(2, 1), s(3)),
        new Case("maximum", in -> in[0].maximum(in[1]), s(2, 3), s(1, 3)),
        new Case("minimum", in -> in[0].minimum(in[1]), s(2, 3), s()),
        new Case("multiplyAdd", in -> in[0].multiplyAdd(in[1], in[2]), s(2, 3), s(3), s(2, 1)),
        new Case("lerp", in -> in[0].lerp(in[1], 0.3), s(2, 3), s(3)),
        new Case("lerp by tensor", in -> in[0].lerp(in[1], in[2]), s(2, 3), s(3), s(2, 1)),
        new Case("where", in -> in[0].detach().gt(0).where(in[1], in[2]), s(2, 3), s(3), s(2, 1)),
        new Case("maskedFill", in -> in[0].maskedFill(in[1].detach().gt(0), 7), s(2, 3), s(3)),
        new Case("prelu", in -> in[0].prelu(in[1]), s(2, 3, 2), s(3)),
        new Case("learnableSigmoid", in -> in[0].learnableSigmoid(in[1]), s(2, 3), s(1)),
        new Case("swish", in -> in[0].swish(in[1]), s(4), s(4)),
        new Case("gate", in -> in[0].gate(Activation.SILU, in[1]), s(2, 3), s(2, 3)),
        new Case("gated", in -> in[0].gated(Activation.GELU), s(2, 2, 6)));
  }

  static Stream<Case> reductions() {
    return Stream.of(
        unary("sum", x -> x.sum()),
        unary("sum of rows", x -> x.sum(true, -1)),
        unary("mean", x -> x.mean(0)),
        unary("prod", x -> x.prod(1)),
        unary("prod of all", x -> x.prod()),
        unary("amax", x -> x.amax(1)),
        unary("amin", x -> x.amin(true, 0)),
        unary("max", x -> x.max(0).values()),
        unary("min", x -> x.min(1).values()),
        unary("variance", x -> x.variance(0)),
        unary("variance of all", x -> x.variance(0, true)),
        unary("std", x -> x.std(1)),
        unary("norm", x -> x.norm(1)),
        unary("norm1", x -> x.norm1()),
        unary("normMax", x -> x.normMax(0)),
        unary("sumSquares", x -> x.sumSquares(0)),
        unary("logSumExp", x -> x.logSumExp(0)));
  }

  static Stream<Case> views() {
    return Stream.of(
        unary("reshape", x -> x.reshape(3, -1)),
        unary("reshape of transposed", x -> x.transpose(0, 1).reshape(6)),
        unary("flatten", x -> x.flatten()),
        unary("unflatten", x -> x.unflatten(1, 3, 1)),
        unary("permute", x -> x.permute(1, 0)),
        unary("unsqueeze and squeeze", x -> x.unsqueeze(1).squeeze(1)),
        unary("expand", x -> x.expand(4, 2, 3)),
        unary("slice", x -> x.slice(1, 0, 3, 2)),
        unary("narrow", x -> x.narrow(1, 1, 2)),
        unary("select", x -> x.select(0, -1)),
        unary("split", x -> x.split(1, 1, 2).get(1)),
        unary("chunk", x -> x.chunk(2, 1).get(0)),
        unary("contiguous", x -> x.transpose(0, 1).contiguous()));
  }

  static Stream<Case> choices() {
    return Stream.of(
        unary("gather", x -> x.gather(1, indices(2, 4, 0, 2, 2, 1, 1, 0, 0, 1))),
        unary("indexSelect", x -> x.indexSelect(1, CONTEXT.of(new int[] {2, 0, 2, 1}))),
        unary("indexSelect of rows", x -> x.indexSelect(0, CONTEXT.of(new long[] {1, 1, 0}))),
        new Case(
            "scatterAdd",
            in -> in[0].scatterAdd(1, indices(2, 2, 0, 0, 2, 1), in[1]),
            s(2, 3),
            s(2, 2)),
        new Case(
            "scatter",
            in -> in[0].scatter(1, indices(2, 2, 0, 0, 2, 1), in[1].detach()),
            s(2, 3),
            s(2, 2)),
        unary("topK", x -> x.topK(2, 1).values()),
        unary("topK of rows", x -> x.topK(1, 0, false).values()),
        unary("sort", x -> x.sort(1, true).values()),
        unary("cumsum", x -> x.cumsum(1)),
        unary("cumprod", x -> x.cumprod(0)),
        unary("diagonal", x -> x.diagonal(1)),
        unary("repeat", x -> x.repeat(2, 1, 3)),
        unary("flip", x -> x.flip(1)),
        unary("roll", x -> x.roll(1, -1)),
        unary("pad", x -> x.pad(1, 1, 2, 5)),
        unary("tril", x -> x.tril(0)),
        unary("triu", x -> x.triu(1)),
        new Case("cat", in -> Tensor.cat(1, in), s(2, 3), s(2, 1), s(2, 2)),
        new Case("stack", in -> Tensor.stack(-1, in), s(2, 3), s(2, 3)));
  }

  private static Tensor indices(long rows, long columns, long... values) {
    return CONTEXT.of(values, rows, columns);
  }

  static Stream<Case> products() {
    return Stream.of(
        new Case("matmul", in -> in[0].matmul(in[1]), s(2, 3), s(3, 4)),
        new Case("matmul transposed", in -> in[0].matmul(in[1].transpose(0, 1)), s(2, 3), s(4, 3)),
        new Case("matmul of vectors", in -> in[0].matmul(in[1]), s(3), s(3)),
        new Case("matmul of row", in -> in[0].matmul(in[1]), s(3), s(3, 2)),
        new Case("matmul of column", in -> in[0].matmul(in[1]), s(2, 3), s(3)),
        new Case("matmul of batches", in -> in[0].matmul(in[1]), s(2, 2, 3), s(2, 3, 2)),
        new Case("matmul shared right", in -> in[0].matmul(in[1]), s(2, 2, 3), s(3, 2)),
        new Case("matmul shared left", in -> in[0].matmul(in[1]), s(2, 3), s(2, 3, 2)),
        new Case("matmul broadcast", in -> in[0].matmul(in[1]), s(2, 1, 2, 3), s(2, 3, 2)),
        new Case("matmul of ones", in -> in[0].matmul(in[1]), s(1, 2, 3), s(1, 3, 2)),
        new Case("matmul column batch", in -> in[0].matmul(in[1]), s(2, 2, 3), s(3)),
        new Case("dot", in -> in[0].dot(in[1]), s(3), s(3)),
        new Case("outer", in -> in[0].outer(in[1]), s(3), s(2)));
  }

  @ParameterizedTest
  @MethodSource({"functions", "activations", "pairs", "reductions", "views", "choices", "products"})
  void matchesDifferences(Case given) {
    double[][] numbers = numbers(given);
    double[][] gradients = gradients(given, numbers);
    for (int i = 0; i < numbers.length; i++) {
      if (gradients[i] != null) {
        NumericalGradient.check(
            given.name() + " input " + i, x -> loss(given, numbers), numbers[i], gradients[i]);
      }
    }
  }

  private static double[][] numbers(Case given) {
    var random = new Random(7);
    double[][] numbers = new double[given.shapes().length][];
    for (int i = 0; i < numbers.length; i++) {
      long size = Arrays.stream(given.shapes()[i]).reduce(1, (a, b) -> a * b);
      numbers[i] = random.doubles(size, given.lowest(), given.highest()).toArray();
    }
    return numbers;
  }

  /** One of each way that a launcher treats strides. */
  private static final Set<String> OF_STRIDED_INPUTS =
      Set.of(
          "exp",
          "gelu",
          "mul number",
          "clamp",
          "add rows",
          "div",
          "pow",
          "where",
          "gate",
          "multiplyAdd",
          "softmax",
          "sum of rows",
          "prod",
          "amax",
          "max",
          "variance",
          "norm",
          "reshape",
          "slice",
          "split",
          "select",
          "gather",
          "indexSelect",
          "scatterAdd",
          "topK",
          "cumsum",
          "cumprod",
          "repeat",
          "flip",
          "pad",
          "tril",
          "cat",
          "matmul",
          "matmul of column",
          "matmul of batches",
          "matmul shared left",
          "prelu");

  static Stream<Case> ofStridedInputs() {
    return Stream.of(
            functions(), activations(), pairs(), reductions(), views(), choices(), products())
        .flatMap(cases -> cases)
        .filter(given -> OF_STRIDED_INPUTS.contains(given.name()));
  }

  @ParameterizedTest
  @MethodSource("ofStridedInputs")
  void isTheSameForTransposedInputs(Case given) {
    double[][] numbers = numbers(given);
    double[][] expected = gradients(given, numbers);
    try (Scope _ = CONTEXT.scope()) {
      Tensor[] leaves = new Tensor[numbers.length];
      Tensor[] in = inputs(given, numbers);
      for (int i = 0; i < in.length; i++) {
        int last = in[i].rank() - 1;
        boolean canTurn = last > 0;
        leaves[i] = canTurn ? in[i].transpose(0, last).contiguous() : in[i];
        leaves[i].requireGrad();
        in[i] = canTurn ? leaves[i].transpose(0, last) : leaves[i];
      }
      weighted(given.function().apply(in)).backward();
      for (int i = 0; i < in.length; i++) {
        int last = in[i].rank() - 1;
        if (expected[i] != null) {
          Tensor gradient = leaves[i].grad();
          assertThat((last > 0 ? gradient.transpose(0, last) : gradient).toDoubles())
              .as("gradient of input %d of %s", i, given)
              .containsExactly(expected[i], within(1e-13));
        }
      }
    }
  }

  private static double[][] gradients(Case given, double[][] numbers) {
    double[][] gradients = new double[numbers.length][];
    try (Scope _ = CONTEXT.scope()) {
      Tensor[] in = inputs(given, numbers);
      for (Tensor x : in) {
        x.requireGrad();
      }
      weighted(given.function().apply(in)).backward();
      for (int i = 0; i < in.length; i++) {
        gradients[i] = in[i].hasGrad() ? in[i].grad().toDoubles() : null;
      }
    }
    return gradients;
  }

  private static double loss(Case given, double[][] numbers) {
    try (Scope _ = CONTEXT.scope()) {
      return weighted(given.function().apply(inputs(given, numbers))).item();
    }
  }

  private static Tensor[] inputs(Case given, double[][] numbers) {
    Tensor[] in = new Tensor[numbers.length];
    for (int i = 0; i < in.length; i++) {
      in[i] = CONTEXT.of(DType.FP64, numbers[i], given.shapes()[i]);
    }
    return in;
  }

  /** A sum in which each element counts differently. */
  private static Tensor weighted(Tensor y) {
    double[] weights = new Random(8).doubles(y.size(), 0.5, 1.5).toArray();
    return y.mul(CONTEXT.of(DType.FP64, weights, y.shape())).sum();
  }
}
