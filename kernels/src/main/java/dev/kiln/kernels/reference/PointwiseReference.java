package dev.kiln.kernels.reference;

import dev.kiln.compiler.numeric.SpecialFunctions;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.TernaryFunction;
import dev.kiln.kernels.elementwise.UnaryFunction;

/** Functions of one, two or three numbers, and their partial derivatives. */
public final class PointwiseReference {
  private PointwiseReference() {}

  public static double value(Rounding r, UnaryFunction f, double x) {
    return r.of(
        switch (f) {
          case COPY -> x;
          case NEG -> -x;
          case ABS -> Math.abs(x);
          case SIGN -> Math.signum(x);
          case SQUARE -> x * x;
          case SQRT -> Math.sqrt(x);
          case RSQRT -> 1 / r.of(Math.sqrt(x));
          case RECIPROCAL -> 1 / x;
          case EXP -> Math.exp(x);
          case EXP2 -> Math.pow(2, x);
          case EXPM1 -> Math.expm1(x);
          case LOG -> Math.log(x);
          case LOG2 -> Math.log(x) / Math.log(2);
          case LOG1P -> Math.log1p(x);
          case SIN -> Math.sin(x);
          case COS -> Math.cos(x);
          case ERF -> SpecialFunctions.erf(x);
          case FLOOR -> Math.floor(x);
          case CEIL -> Math.ceil(x);
          case TRUNC -> x < 0 ? Math.ceil(x) : Math.floor(x);
          case ROUND -> Math.rint(x);
          case IS_NAN -> Double.isNaN(x) ? 1 : 0;
          case IS_FINITE -> Double.isFinite(x) ? 1 : 0;
          case NOT -> x == 0 ? 1 : 0;
        });
  }

  /** The derivative; 0 of a function that has none. */
  public static double derivative(Rounding r, UnaryFunction f, double x) {
    return r.of(
        switch (f) {
          case COPY -> 1;
          case NEG -> -1;
          case ABS -> Math.signum(x);
          case SQUARE -> 2 * x;
          case SQRT -> 1 / r.of(2 * r.of(Math.sqrt(x)));
          case RSQRT -> -0.5 / r.of(x * r.of(Math.sqrt(x)));
          case RECIPROCAL -> -1 / r.of(x * x);
          case EXP, EXPM1 -> Math.exp(x);
          case EXP2 -> r.of(Math.log(2)) * r.of(Math.pow(2, x));
          case LOG -> 1 / x;
          case LOG2 -> 1 / r.of(x * r.of(Math.log(2)));
          case LOG1P -> 1 / r.of(1 + x);
          case SIN -> Math.cos(x);
          case COS -> -Math.sin(x);
          case ERF -> r.of(2 / Math.sqrt(Math.PI)) * r.of(Math.exp(-r.of(x * x)));
          case SIGN, FLOOR, CEIL, TRUNC, ROUND, IS_NAN, IS_FINITE, NOT -> 0;
        });
  }

  /** With the factors {@code alpha} and {@code beta} of {@link BinaryFunction#SCALE_ADD}. */
  public static double value(
      Rounding r, BinaryFunction f, double a, double b, double alpha, double beta) {
    return r.of(
        switch (f) {
          case ADD -> a + b;
          case SUB -> a - b;
          case MUL -> a * b;
          case DIV -> a / b;
          case POW -> Math.pow(a, b);
          case MAX -> Math.max(a, b);
          case MIN -> Math.min(a, b);
          case SCALE_ADD -> r.of(r.of(alpha) * a) + r.of(r.of(beta) * b);
          case EQ -> a == b ? 1 : 0;
          case NE -> a != b ? 1 : 0;
          case LT -> a < b ? 1 : 0;
          case LE -> a <= b ? 1 : 0;
          case GT -> a > b ? 1 : 0;
          case GE -> a >= b ? 1 : 0;
          case AND -> a != 0 && b != 0 ? 1 : 0;
          case OR -> a != 0 || b != 0 ? 1 : 0;
        });
  }

  /** The derivative by {@code a}; that by {@code b} of a symmetric function is this, exchanged. */
  public static double left(Rounding r, BinaryFunction f, double a, double b, double alpha) {
    return r.of(
        switch (f) {
          case ADD, SUB -> 1;
          case MUL -> b;
          case DIV -> 1 / b;
          case POW -> b == 0 ? 0 : b * r.of(Math.pow(a, r.of(b - 1)));
          case MAX -> a > b ? 1 : a == b ? 0.5 : 0;
          case MIN -> a < b ? 1 : a == b ? 0.5 : 0;
          case SCALE_ADD -> alpha;
          case EQ, NE, LT, LE, GT, GE, AND, OR -> 0;
        });
  }

  /** The derivative by {@code b}. */
  public static double right(Rounding r, BinaryFunction f, double a, double b, double beta) {
    return switch (f) {
      case ADD, MUL, MAX, MIN -> left(r, f, b, a, 1);
      case SUB -> -1;
      case DIV -> r.of(r.of(-a) / r.of(b * b));
      case POW -> a == 0 && b >= 0 ? 0 : r.of(r.of(Math.pow(a, b)) * r.of(Math.log(a)));
      case SCALE_ADD -> r.of(beta);
      case EQ, NE, LT, LE, GT, GE, AND, OR -> 0;
    };
  }

  public static double value(Rounding r, TernaryFunction f, double a, double b, double c) {
    return switch (f) {
      case WHERE -> a != 0 ? b : c;
      case MULTIPLY_ADD -> r.of(r.of(a * b) + c);
      case CLAMP -> Double.isNaN(a) ? a : a < b ? b : a > c ? c : a;
      case LERP -> r.of(a + r.of(c * r.of(b - a)));
    };
  }
}
