package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.syntax.Expr.BinaryOp;
import java.util.List;
import java.util.Map;

/** Elementwise mathematics. */
final class MathOperations {
  private static final Map<String, UnaryKind> UNARY =
      new java.util.TreeMap<>(
          Map.ofEntries(
              Map.entry("exp", UnaryKind.EXP),
              Map.entry("exp2", UnaryKind.EXP2),
              Map.entry("log", UnaryKind.LOG),
              Map.entry("log2", UnaryKind.LOG2),
              Map.entry("sin", UnaryKind.SIN),
              Map.entry("cos", UnaryKind.COS),
              Map.entry("sqrt", UnaryKind.SQRT),
              Map.entry("sqrt_rn", UnaryKind.SQRT),
              Map.entry("rsqrt", UnaryKind.RSQRT),
              Map.entry("erf", UnaryKind.ERF),
              Map.entry("floor", UnaryKind.FLOOR),
              Map.entry("ceil", UnaryKind.CEIL)));

  private static final String FLOATS = "float32, float64";

  private MathOperations() {}

  static void addTo(OperationTable table) {
    var rows = table.rows(Category.MATH, "triton.language");
    UNARY.forEach(
        (name, kind) -> rows.add(name + "(x)", FLOATS, args -> unary(args, kind)).method());
    rows.add("abs(x)", "all", MathOperations::abs)
        .method()
        .add("div_rn(x, y)", FLOATS, MathOperations::divideExactly)
        .add("fdiv(x, y, ieee_rounding=False)", "floats", MathOperations::fdiv)
        .note("always correctly rounded")
        .add("fma(x, y, z)", "floats", MathOperations::fma)
        .note("one rounding")
        .add("umulhi(x, y)", "int32, int64, uint32, uint64", MathOperations::umulhi)
        .add(
            "maximum(x, y, propagate_nan=None)",
            "all; bfloat16 → float32",
            args -> extreme(args, true))
        .note("literals count as tensors of their own type: `maximum(fp16, 0.0)` is float32")
        .add(
            "minimum(x, y, propagate_nan=None)",
            "all; bfloat16 → float32",
            args -> extreme(args, false))
        .note("as maximum")
        .add(
            "clamp(x, min, max, propagate_nan=None)",
            "floats; bfloat16 → float32",
            MathOperations::clamp)
        .add("where(condition, x, y)", "all", MathOperations::where)
        .note("both sides are evaluated")
        .prelude("cdiv(x, div)", "integers")
        .method()
        .prelude("sigmoid(x)", FLOATS)
        .method()
        .prelude("softmax(x, dim=None, keep_dims=False, ieee_rounding=False)", FLOATS)
        .method()
        .note("without `dim`, along the first axis");
    arithmetic(rows, "add", BinaryOp.ADD);
    arithmetic(rows, "sub", BinaryOp.SUB);
    arithmetic(rows, "mul", BinaryOp.MUL);
    rows.prelude("swizzle2d(i, j, size_i, size_j, size_g)", "integers");
  }

  private static void arithmetic(OperationTable.Rows rows, String name, BinaryOp op) {
    rows.add(
        name + "(x, y, sanitize_overflow=True)",
        "all",
        args -> OperatorRules.binary(args.context(), op, args.value("x"), args.value("y")));
  }

  /** A function of one float32 or float64. */
  static Tensor unary(Arguments args, UnaryKind kind) {
    Tensor x = args.tensor("x");
    checkFloat(args, x);
    return apply(args.context(), kind, x);
  }

  static Tensor apply(FrontContext ctx, UnaryKind kind, Tensor x) {
    return Arithmetic.withValue(x, ctx.builder().unary(kind, x.value()));
  }

  private static void checkFloat(Arguments args, Tensor x) {
    boolean allowed =
        !x.type().isPointer() && (x.type().dtype() == DType.FP32 || x.type().dtype() == DType.FP64);
    if (!allowed) {
      throw args.error(
          "expected float32 or float64, got " + x.type(), "cast with .to(tl.float32) first");
    }
  }

  private static DType numbers(Arguments args, Tensor x) {
    if (x.type().isPointer()) {
      throw args.error("expected numbers, got " + x.type());
    }
    return x.type().dtype();
  }

  private static FrontValue abs(Arguments args) {
    Tensor x = args.tensor("x");
    DType dtype = numbers(args, x);
    return dtype.isUnsigned() || dtype.isBool() ? x : apply(args.context(), UnaryKind.ABS, x);
  }

  private static Arithmetic.Pair floats(Arguments args) {
    FrontContext ctx = args.context();
    Tensor x = args.tensor("x");
    Tensor y = args.tensor("y");
    if (!numbers(args, x).isFloat() || !numbers(args, y).isFloat()) {
      throw args.error("expected floats, got %s and %s".formatted(x.type(), y.type()));
    }
    return Arithmetic.pair(ctx, Operand.of(ctx, x), Operand.of(ctx, y), false);
  }

  private static FrontValue divideExactly(Arguments args) {
    Arithmetic.Pair pair = floats(args);
    checkFloat(args, pair.left());
    return Arithmetic.number(args.context(), pair, BinaryKind.DIV);
  }

  /** Unlike {@code /}, two fp16 give fp16: the quotient is rounded a second time, harmlessly. */
  private static FrontValue fdiv(Arguments args) {
    FrontContext ctx = args.context();
    Arithmetic.Pair pair = floats(args);
    DType dtype = pair.dtype();
    if (dtype.bits() >= 32) {
      return Arithmetic.number(ctx, pair, BinaryKind.DIV);
    }
    Arithmetic.Pair wide =
        new Arithmetic.Pair(
            Casting.number(ctx, pair.left(), DType.FP32),
            Casting.number(ctx, pair.right(), DType.FP32));
    return Casting.number(ctx, Arithmetic.number(ctx, wide, BinaryKind.DIV), dtype);
  }

  private static FrontValue fma(Arguments args) {
    FrontContext ctx = args.context();
    List<Tensor> values = List.of(args.tensor("x"), args.tensor("y"), args.tensor("z"));
    DType dtype = numbers(args, values.getFirst());
    for (Tensor value : values) {
      dtype = Promotion.computation(ctx, dtype, false, numbers(args, value), false, false);
    }
    if (!dtype.isFloat()) {
      throw args.error("expected floats, got " + values.getFirst().type());
    }
    DType wide = dtype.isFp8() ? DType.FP32 : dtype;
    List<Tensor> same =
        Broadcasting.together(
            ctx, values.stream().map(value -> Casting.number(ctx, value, wide)).toList());
    Value result = ctx.builder().fma(same.get(0).value(), same.get(1).value(), same.get(2).value());
    return Casting.number(ctx, Arithmetic.withValue(same.getFirst(), result), dtype);
  }

  private static FrontValue umulhi(Arguments args) {
    FrontContext ctx = args.context();
    // A literal takes the tensor's type, as beside an operator.
    Arithmetic.Pair pair = Arithmetic.pair(ctx, args.operand("x"), args.operand("y"), false);
    if (!pair.dtype().isInteger() || pair.dtype().bits() < 32) {
      throw args.error("expected 32- or 64-bit integers, got " + pair.left().type());
    }
    return Arithmetic.number(ctx, pair, BinaryKind.MULHU);
  }

  // ---- order

  /** {@code tl.PropagateNan}. */
  enum PropagateNan {
    NONE,
    ALL
  }

  private static boolean propagatesNan(Arguments args) {
    if (args.isNone("propagate_nan")) {
      return false;
    }
    if (args.value("propagate_nan") instanceof Constexpr constant
        && constant.value() instanceof PropagateNan choice) {
      return choice == PropagateNan.ALL;
    }
    throw args.error(
        "propagate_nan must be tl.PropagateNan.NONE or tl.PropagateNan.ALL, got "
            + Typing.describe(args.value("propagate_nan")));
  }

  /** Triton computes minima and maxima of bf16 in fp32, and the result stays fp32. */
  private static Tensor ordered(Arguments args, String name) {
    Tensor value = args.tensor(name);
    return numbers(args, value) == DType.BF16
        ? Casting.number(args.context(), value, DType.FP32)
        : value;
  }

  private static FrontValue extreme(Arguments args, boolean max) {
    FrontContext ctx = args.context();
    Arithmetic.Pair pair =
        Arithmetic.pair(
            ctx, Operand.of(ctx, ordered(args, "x")), Operand.of(ctx, ordered(args, "y")), false);
    return extreme(ctx, pair, max, propagatesNan(args));
  }

  static Tensor extreme(FrontContext ctx, Arithmetic.Pair pair, boolean max, boolean propagateNan) {
    return Arithmetic.number(ctx, pair, extremeKind(pair.dtype(), max, propagateNan));
  }

  private static BinaryKind extremeKind(DType dtype, boolean max, boolean propagateNan) {
    return switch (dtype.kind()) {
      case BOOL -> max ? BinaryKind.OR : BinaryKind.AND;
      case UNSIGNED -> max ? BinaryKind.MAXU : BinaryKind.MINU;
      case SIGNED -> max ? BinaryKind.MAXS : BinaryKind.MINS;
      case FLOAT ->
          propagateNan
              ? (max ? BinaryKind.MAXNAN : BinaryKind.MINNAN)
              : (max ? BinaryKind.MAX : BinaryKind.MIN);
    };
  }

  /** {@code minimum(maximum(x, min), max)}: without propagation, NaN becomes {@code min}. */
  private static FrontValue clamp(Arguments args) {
    FrontContext ctx = args.context();
    boolean propagateNan = propagatesNan(args);
    Operand low = Operand.of(ctx, ordered(args, "min"));
    Operand high = Operand.of(ctx, ordered(args, "max"));
    Tensor x = ordered(args, "x");
    DType bounds = Promotion.computation(ctx, low.dtype(ctx), false, high.dtype(ctx), false, false);
    DType dtype = Promotion.computation(ctx, numbers(args, x), false, bounds, false, false);
    if (!dtype.isFloat()) {
      throw args.error(
          "only floats can be clamped, got " + x.type(),
          "write tl.minimum(tl.maximum(x, low), high)");
    }
    Shape shape = Broadcasting.common(ctx, x.type().shape(), low.shape());
    shape = Broadcasting.common(ctx, shape, high.shape());
    Tensor value = Operand.of(ctx, x).as(ctx, dtype, shape);
    Tensor raised =
        extreme(ctx, new Arithmetic.Pair(value, low.as(ctx, dtype, shape)), true, propagateNan);
    return extreme(
        ctx, new Arithmetic.Pair(raised, high.as(ctx, dtype, shape)), false, propagateNan);
  }

  // ---- selection

  private static FrontValue where(Arguments args) {
    FrontContext ctx = args.context();
    Tensor condition = Casting.notZero(ctx, args.tensor("condition"));
    Operand x = args.operand("x");
    Operand y = args.operand("y");
    List<Tensor> sides;
    if (x.isPointer() && y.isPointer()) {
      sides = List.of(x.tensor(ctx), y.tensor(ctx));
      if (!sides.getFirst().type().element().equals(sides.getLast().type().element())) {
        throw Arithmetic.invalidOperands(ctx, x, y);
      }
      sides = Broadcasting.together(ctx, sides);
    } else {
      Arithmetic.Pair pair = Arithmetic.pair(ctx, x, y, false);
      sides = List.of(pair.left(), pair.right());
    }
    Shape shape =
        Broadcasting.common(ctx, condition.type().shape(), sides.getFirst().type().shape());
    Value result =
        ctx.builder()
            .select(
                Broadcasting.leading(ctx, condition, shape).value(),
                Broadcasting.leading(ctx, sides.getFirst(), shape).value(),
                Broadcasting.leading(ctx, sides.getLast(), shape).value());
    TensorType type = sides.getFirst().type().withShape(shape);
    return new Tensor(result, type);
  }
}
