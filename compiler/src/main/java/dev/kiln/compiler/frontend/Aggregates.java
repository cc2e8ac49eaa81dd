package dev.kiln.compiler.frontend;

import dev.kiln.compiler.syntax.Expr;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Operators that aggregates define by methods such as {@code __add__}. */
final class Aggregates {
  private Aggregates() {}

  static Optional<FrontValue> binary(
      Interpreter interpreter, Expr.BinaryOp op, FrontValue left, FrontValue right) {
    String name = methodName(op);
    return method(left, "__" + name + "__")
        .map(method -> call(interpreter, method, List.of(right)))
        .or(
            () ->
                method(right, "__r" + name + "__")
                    .map(method -> call(interpreter, method, List.of(left))));
  }

  static Optional<FrontValue> unary(Interpreter interpreter, Expr.UnaryOp op, FrontValue operand) {
    String name =
        switch (op) {
          case PLUS -> "__pos__";
          case MINUS -> "__neg__";
          case INVERT -> "__invert__";
          case NOT -> "__not__";
        };
    return method(operand, name).map(method -> call(interpreter, method, List.of()));
  }

  static Optional<FrontValue> compare(
      Interpreter interpreter, Expr.CompareOp op, FrontValue left, FrontValue right) {
    return comparison(op)
        .flatMap(name -> method(left, name))
        .map(method -> call(interpreter, method, List.of(right)))
        .or(
            () ->
                mirrored(op)
                    .flatMap(Aggregates::comparison)
                    .flatMap(name -> method(right, name))
                    .map(method -> call(interpreter, method, List.of(left))));
  }

  private static FrontValue call(
      Interpreter interpreter, BoundMethod method, List<FrontValue> args) {
    return interpreter.call(method, args, Map.of());
  }

  private static Optional<BoundMethod> method(FrontValue object, String name) {
    return object instanceof Aggregate aggregate
        ? Optional.ofNullable(aggregate.type().methods().get(name))
            .map(function -> new BoundMethod(aggregate, function))
        : Optional.empty();
  }

  private static String methodName(Expr.BinaryOp op) {
    return switch (op) {
      case ADD -> "add";
      case SUB -> "sub";
      case MUL -> "mul";
      case DIV -> "truediv";
      case FLOOR_DIV -> "floordiv";
      case MOD -> "mod";
      case POW -> "pow";
      case MAT_MUL -> "matmul";
      case BIT_AND -> "and";
      case BIT_OR -> "or";
      case BIT_XOR -> "xor";
      case SHL -> "lshift";
      case SHR -> "rshift";
    };
  }

  private static Optional<String> comparison(Expr.CompareOp op) {
    return switch (op) {
      case EQ -> Optional.of("__eq__");
      case NE -> Optional.of("__ne__");
      case LT -> Optional.of("__lt__");
      case LE -> Optional.of("__le__");
      case GT -> Optional.of("__gt__");
      case GE -> Optional.of("__ge__");
      case IS, IS_NOT, IN, NOT_IN -> Optional.empty();
    };
  }

  /** The comparison as the right operand sees it. */
  private static Optional<Expr.CompareOp> mirrored(Expr.CompareOp op) {
    return switch (op) {
      case EQ, NE -> Optional.of(op);
      case LT -> Optional.of(Expr.CompareOp.GT);
      case LE -> Optional.of(Expr.CompareOp.GE);
      case GT -> Optional.of(Expr.CompareOp.LT);
      case GE -> Optional.of(Expr.CompareOp.LE);
      case IS, IS_NOT, IN, NOT_IN -> Optional.empty();
    };
  }
}
