package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.ops.OperatorRules;
import dev.kiln.compiler.syntax.Expr;

/** Operators of expressions: Python's arithmetic on constants, Triton's on everything else. */
public final class Operators {
  private Operators() {}

  /** {@code left op right}. */
  public static FrontValue binary(
      FrontContext ctx, Expr.BinaryOp op, FrontValue left, FrontValue right) {
    return OperatorRules.binary(ctx, op, left, right);
  }

  /** {@code op value}; {@code not} gives {@code int1} for run-time values. */
  public static FrontValue unary(FrontContext ctx, Expr.UnaryOp op, FrontValue value) {
    return OperatorRules.unary(ctx, op, value);
  }

  /**
   * One comparison. {@code is}, {@code is not}, {@code in} and {@code not in} always give a
   * constant; so do comparisons of constants.
   */
  public static FrontValue compare(
      FrontContext ctx, Expr.CompareOp op, FrontValue left, FrontValue right) {
    return OperatorRules.compare(ctx, op, left, right);
  }

  /**
   * {@code left and right}, or {@code or}, with both sides evaluated already: the interpreter calls
   * it only where {@code left} does not decide the result at compile time.
   */
  public static FrontValue logical(
      FrontContext ctx, boolean isAnd, FrontValue left, FrontValue right) {
    return OperatorRules.logical(ctx, isAnd, left, right);
  }
}
