package dev.kiln.tests.benchmarks.training;

import dev.kiln.references.torch.Aten;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.Tensor;

/** Operations of tensors. */
final class GoldenTensors {
  private final List<GoldenCase> cases = new ArrayList<>();

  private GoldenTensors() {}

  static List<GoldenCase> all() {
    var goldens = new GoldenTensors();
    goldens.elementwise();
    goldens.pairs();
    goldens.reductions();
    goldens.choices();
    goldens.arrangements();
    return goldens.cases;
  }

  /** Of numbers between -2 and 2. */
  private void unary(String name, UnaryOperator<Tensor> function) {
    cases.add(
        new GoldenCase(name).scaled("x", 2, 0, 3, 4).gives(in -> function.apply(in.get("x"))));
  }

  /** Of numbers between 0.5 and 2.5. */
  private void ofPositive(String name, UnaryOperator<Tensor> function) {
    cases.add(
        new GoldenCase(name).scaled("x", 1, 1.5, 3, 4).gives(in -> function.apply(in.get("x"))));
  }

  /** The second is broadcast. */
  private void binary(String name, BinaryOperator<Tensor> function) {
    cases.add(
        new GoldenCase(name)
            .scaled("x", 1, 1.5, 3, 4)
            .scaled("y", 1, 1.5, 4)
            .gives(in -> function.apply(in.get("x"), in.get("y"))));
  }

  private void elementwise() {
    for (String name : List.of("neg", "abs", "square", "exp", "exp2", "expm1", "sin", "cos")) {
      unary(name, x -> Aten.call(name, x));
    }
    unary("erf", x -> Aten.call("erf", x));
    unary("clamp", x -> Aten.call("clamp", x, -0.5, 0.75));
    for (String name : List.of("log", "log2", "log1p", "sqrt", "rsqrt", "reciprocal")) {
      ofPositive(name, x -> Aten.call(name, x));
    }
    ofPositive("pow-number", x -> Aten.call("pow.Tensor_Scalar", x, 2.5));
  }

  private void pairs() {
    binary("add", (x, y) -> Aten.call("add.Tensor", x, y, 1.0));
    binary("sub", (x, y) -> Aten.call("sub.Tensor", x, y, 1.0));
    for (String name : List.of("mul", "div")) {
      binary(name, (x, y) -> Aten.call(name + ".Tensor", x, y));
    }
    binary("pow", (x, y) -> Aten.call("pow.Tensor_Tensor", x, y));
    binary("maximum", (x, y) -> Aten.call("maximum", x, y));
    binary("minimum", (x, y) -> Aten.call("minimum", x, y));
    binary("lerp", (x, y) -> Aten.call("lerp.Scalar", x, y, 0.25));
    cases.add(
        new GoldenCase("matmul")
            .input("x", 2, 3, 4)
            .input("y", 4, 5)
            .gives(in -> Aten.call("matmul", in.get("x"), in.get("y"))));
  }

  private void reductions() {
    long[] columns = {1};
    for (String name : List.of("sum", "mean")) {
      String overload = name.equals("sum") ? "sum.dim_IntList" : "mean.dim";
      unary(name, x -> Aten.call(overload, x, columns, false, null));
    }
    unary("prod", x -> Aten.call("prod.dim_int", x, 1, false, null));
    for (String name : List.of("amax", "amin", "logsumexp")) {
      unary(name, x -> Aten.call(name, x, columns, false));
    }
    unary("variance", x -> Aten.call("var.correction", x, columns, 1, false));
    unary("std", x -> Aten.call("std.correction", x, columns, 1, false));
    unary("norm", x -> Aten.call("linalg_vector_norm", x, 2.0, columns, false, null));
    unary("max", x -> Aten.call("max.dim", x, 1, false));
    unary("cumsum", x -> Aten.call("cumsum", x, 1, null));
    unary("cumprod", x -> Aten.call("cumprod", x, 1, null));
  }

  private void choices() {
    cases.add(
        new GoldenCase("gather")
            .input("x", 3, 4)
            .integers("index", new long[] {3, 2}, 0, 0, 3, 1, 2, 2)
            .gives(in -> Aten.call("gather", in.get("x"), 1, in.get("index"), false)));
    cases.add(
        new GoldenCase("index-select")
            .input("x", 3, 4)
            .integers("index", new long[] {4}, 2, 0, 2, 1)
            .gives(in -> Aten.call("index_select", in.get("x"), 0, in.get("index"))));
    cases.add(
        new GoldenCase("scatter-add")
            .input("x", 3, 4)
            .integers("index", new long[] {3, 2}, 0, 0, 3, 1, 2, 2)
            .input("y", 3, 2)
            .gives(in -> Aten.call("scatter_add", in.get("x"), 1, in.get("index"), in.get("y"))));
    unary("sort", x -> Aten.call("sort", x, 1, true));
    unary("top-2", x -> Aten.call("topk", x, 2, 1, true, true));
  }

  private void arrangements() {
    unary("roll", x -> Aten.call("roll", x, new long[] {1}, new long[] {1}));
    unary("flip", x -> Aten.call("flip", x, new long[] {1}));
    unary("tril", x -> Aten.call("tril", x, 0));
    unary("triu", x -> Aten.call("triu", x, 1));
    unary("pad", x -> Aten.call("constant_pad_nd", x, new long[] {1, 2}, 5.0));
    unary("repeat", x -> Aten.call("repeat", x, new long[] {2, 1}));
    unary("transpose", x -> Aten.call("transpose.int", x, 0, 1));
    cases.add(
        new GoldenCase("cat")
            .input("x", 3, 4)
            .input("y", 3, 2)
            .gives(in -> Aten.call("cat", new Tensor[] {in.get("x"), in.get("y")}, 1)));
  }
}
