package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.syntax.Expr.BinaryOp;
import dev.kiln.compiler.syntax.Expr.CompareOp;
import dev.kiln.compiler.syntax.Expr.UnaryOp;
import java.util.ArrayList;
import java.util.List;

/** Which rules an operator follows: Python's, a tuple's, or the language's own. */
public final class OperatorRules {
  private OperatorRules() {}

  public static FrontValue binary(
      FrontContext ctx, BinaryOp op, FrontValue left, FrontValue right) {
    if (Sequences.isSequence(left) || Sequences.isSequence(right)) {
      return sequence(ctx, op, left, right);
    }
    if (left instanceof Constexpr a && right instanceof Constexpr b) {
      return Sequences.constant(PythonValues.binary(ctx, op, a.value(), b.value()));
    }
    return Arithmetic.binary(
        ctx, op, operand(ctx, op.symbol(), left), operand(ctx, op.symbol(), right));
  }

  private static Operand operand(FrontContext ctx, String symbol, FrontValue value) {
    if (value instanceof Tensor
        || (value instanceof Constexpr constant && PythonValues.isNumber(constant.value()))) {
      return Operand.of(ctx, value);
    }
    throw ctx.error("operator %s does not apply to %s".formatted(symbol, Typing.describe(value)));
  }

  /** Tuples concatenate and repeat. */
  private static FrontValue sequence(
      FrontContext ctx, BinaryOp op, FrontValue left, FrontValue right) {
    var a = Sequences.items(left);
    var b = Sequences.items(right);
    if (op == BinaryOp.ADD && a.isPresent() && b.isPresent()) {
      List<FrontValue> all = new ArrayList<>(a.get());
      all.addAll(b.get());
      return new TupleValue(all);
    }
    FrontValue count = a.isPresent() ? right : left;
    if (op == BinaryOp.MUL && count instanceof Constexpr times) {
      var number = PythonValues.integer(times.value());
      if (number.isPresent()) {
        List<FrontValue> all = new ArrayList<>();
        for (long i = 0; i < number.get().longValueExact(); i++) {
          all.addAll(a.or(() -> b).orElseThrow());
        }
        return new TupleValue(all);
      }
    }
    throw ctx.error(
        "operator %s does not apply to %s and %s"
            .formatted(op.symbol(), Typing.describe(left), Typing.describe(right)));
  }

  public static FrontValue unary(FrontContext ctx, UnaryOp op, FrontValue value) {
    if (value instanceof Constexpr constant) {
      return Sequences.constant(PythonValues.unary(ctx, op, constant.value()));
    }
    if (op == UnaryOp.NOT) {
      return not(ctx, value);
    }
    if (!(value instanceof Tensor tensor)) {
      throw ctx.error(
          "unary %s does not apply to %s".formatted(op.symbol(), Typing.describe(value)));
    }
    return switch (op) {
      case PLUS -> tensor;
      case MINUS -> Arithmetic.negate(ctx, tensor);
      case INVERT -> Arithmetic.invert(ctx, tensor);
      case NOT -> throw new IllegalStateException("handled above");
    };
  }

  private static FrontValue not(FrontContext ctx, FrontValue value) {
    if (value instanceof Tensor tensor) {
      Tensor flag = Casting.notZero(ctx, tensor);
      return Arithmetic.withValue(flag, ctx.builder().unary(UnaryKind.NOT, flag.value()));
    }
    return Sequences.items(value)
        .<FrontValue>map(items -> new Constexpr(items.isEmpty()))
        .orElseGet(() -> new Constexpr(false));
  }

  public static FrontValue compare(
      FrontContext ctx, CompareOp op, FrontValue left, FrontValue right) {
    return switch (op) {
      case IS -> new Constexpr(identical(left, right));
      case IS_NOT -> new Constexpr(!identical(left, right));
      case IN -> new Constexpr(contains(ctx, left, right));
      case NOT_IN -> new Constexpr(!contains(ctx, left, right));
      case EQ, NE, LT, LE, GT, GE -> order(ctx, op, left, right);
    };
  }

  private static FrontValue order(
      FrontContext ctx, CompareOp op, FrontValue left, FrontValue right) {
    if (Sequences.isSequence(left) && Sequences.isSequence(right)) {
      return sequences(ctx, op, left, right);
    }
    if (left instanceof Constexpr a && right instanceof Constexpr b) {
      return new Constexpr(PythonValues.compare(ctx, op, a.value(), b.value()));
    }
    boolean comparable = isNumeric(left) && isNumeric(right);
    if (!comparable && (op == CompareOp.EQ || op == CompareOp.NE)) {
      return unlike(ctx, op, left, right);
    }
    return Arithmetic.compare(
        ctx, op, operand(ctx, op.symbol(), left), operand(ctx, op.symbol(), right));
  }

  private static boolean isNumeric(FrontValue value) {
    return value instanceof Tensor
        || (value instanceof Constexpr constant && PythonValues.isNumber(constant.value()));
  }

  /** Things of different kinds, such as functions, or a tensor and {@code None}. */
  private static FrontValue unlike(
      FrontContext ctx, CompareOp op, FrontValue left, FrontValue right) {
    if (isNone(left) || isNone(right)) {
      ctx.warn(
          "a comparison with None is decided at compile time; write `is None` or `is not None`");
    }
    return new Constexpr(left.equals(right) == (op == CompareOp.EQ));
  }

  private static FrontValue sequences(
      FrontContext ctx, CompareOp op, FrontValue left, FrontValue right) {
    List<FrontValue> a = Sequences.items(left).orElseThrow();
    List<FrontValue> b = Sequences.items(right).orElseThrow();
    if (op != CompareOp.EQ && op != CompareOp.NE) {
      throw ctx.error("operator %s does not apply to tuples".formatted(op.symbol()));
    }
    FrontValue equal = new Constexpr(a.size() == b.size());
    for (int i = 0; i < a.size() && a.size() == b.size(); i++) {
      FrontValue one = order(ctx, CompareOp.EQ, a.get(i), b.get(i));
      if (one instanceof Constexpr constant) {
        if (constant.value().equals(false)) {
          equal = one;
          break;
        }
      } else {
        equal = equal instanceof Constexpr ? one : logical(ctx, true, equal, one);
      }
    }
    return op == CompareOp.EQ ? equal : unary(ctx, UnaryOp.NOT, equal);
  }

  private static boolean isNone(FrontValue value) {
    return value instanceof Constexpr constant && PythonValues.isNone(constant.value());
  }

  private static boolean identical(FrontValue left, FrontValue right) {
    if (left instanceof Constexpr a && right instanceof Constexpr b) {
      return a.value().equals(b.value());
    }
    return left == right || (left instanceof FrontValue.Callable && left.equals(right));
  }

  private static boolean contains(FrontContext ctx, FrontValue element, FrontValue container) {
    if (container instanceof Constexpr text
        && text.value() instanceof String whole
        && element instanceof Constexpr part
        && part.value() instanceof String piece) {
      return whole.contains(piece);
    }
    List<FrontValue> items =
        Sequences.items(container)
            .orElseThrow(
                () ->
                    ctx.error(
                        "operator in needs a tuple, a list or a string, got "
                            + Typing.describe(container)));
    for (FrontValue item : items) {
      if (!(order(ctx, CompareOp.EQ, element, item) instanceof Constexpr equal)) {
        throw ctx.error(
            "operator in compares compile-time constants only, got " + Typing.describe(element));
      }
      if (equal.value().equals(true)) {
        return true;
      }
    }
    return false;
  }

  public static FrontValue logical(
      FrontContext ctx, boolean isAnd, FrontValue left, FrontValue right) {
    if (left instanceof Constexpr a && right instanceof Constexpr) {
      return PythonValues.isTrue(ctx, a.value()) == isAnd ? right : left;
    }
    Tensor a = Typing.toBoolean(ctx, left);
    Tensor b = Typing.toBoolean(ctx, right);
    if (!a.type().isScalar() || !b.type().isScalar()) {
      ctx.warn(
          "`%s` of tensors works element by element; write `%s`"
              .formatted(isAnd ? "and" : "or", isAnd ? "&" : "|"));
    }
    return Arithmetic.logical(ctx, isAnd, a, b);
  }
}
