package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.PyList;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.PyTuple;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.PythonNumbers;
import dev.kiln.compiler.python.PythonOperators;
import dev.kiln.compiler.python.PythonText;
import dev.kiln.compiler.syntax.Expr.BinaryOp;
import dev.kiln.compiler.syntax.Expr.CompareOp;
import dev.kiln.compiler.syntax.Expr.UnaryOp;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Compile-time values: Python's rules, with errors at the place in the kernel. */
final class PythonValues {
  private PythonValues() {}

  static boolean isNone(Object value) {
    return value == PyNone.NONE;
  }

  static boolean isNumber(Object value) {
    return PythonNumbers.isNumber(value);
  }

  /** The integer that a value is; {@code True} is 1. */
  static Optional<BigInteger> integer(Object value) {
    return PythonNumbers.isInteger(value)
        ? Optional.of(PythonNumbers.big(value))
        : Optional.empty();
  }

  /** As messages show it. */
  static String repr(Object value) {
    return switch (value) {
      case DType dtype -> dtype.languageName();
      case TensorType.Element element -> element.display();
      case FrontValue front -> Typing.describe(front);
      default -> PythonText.repr(value);
    };
  }

  /** As {@code print} shows it. */
  static String str(Object value) {
    return value instanceof String text ? text : repr(value);
  }

  static boolean isTrue(FrontContext ctx, Object value) {
    return guarded(ctx, () -> PythonOperators.truth(value));
  }

  /** The elements of a tuple or list. */
  static Optional<List<Object>> sequence(Object value) {
    return switch (value) {
      case PyTuple tuple -> Optional.of(tuple.items());
      case PyList list -> Optional.of(list.items());
      default -> Optional.empty();
    };
  }

  static Object binary(FrontContext ctx, BinaryOp op, Object left, Object right) {
    return guarded(ctx, () -> PythonOperators.binary(op, left, right));
  }

  static Object unary(FrontContext ctx, UnaryOp op, Object value) {
    return guarded(ctx, () -> PythonOperators.unary(op, value));
  }

  static Object compare(FrontContext ctx, CompareOp op, Object left, Object right) {
    return guarded(ctx, () -> PythonOperators.compare(op, left, right));
  }

  /** Does something that Python may refuse. */
  static <T> T guarded(FrontContext ctx, Supplier<T> action) {
    try {
      return action.get();
    } catch (PythonError error) {
      throw ctx.error(error.getMessage());
    }
  }
}
