package dev.kiln.compiler.transform.rewrite;

import static dev.kiln.compiler.transform.rewrite.RewriteRule.rule;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.numeric.Conversions;
import dev.kiln.compiler.numeric.FloatMath;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.List;

/**
 * Operations of constants become constants, with the exact semantics of each type. What a device
 * may approximate ({@link dev.kiln.compiler.ir.UnaryKind#isApproximate}) is left to the device, so
 * that a constant argument gives the same bits as a run-time one.
 */
final class Folding {
  static final List<RewriteRule<?>> RULES =
      List.of(
          rule("unary(C) -> C'", ElementwiseOp.Unary.class, Folding::unary),
          rule("binary(C, D) -> C'", ElementwiseOp.Binary.class, Folding::binary),
          rule("cmp(C, D) -> C'", ElementwiseOp.Compare.class, Folding::compare),
          rule("cmp(make_range, C) -> C' if decided", ElementwiseOp.Compare.class, Folding::range),
          rule("cast(C) -> C'", ElementwiseOp.Cast.class, Folding::cast),
          rule("hint(C) -> C", ElementwiseOp.Hint.class, Folding::hint),
          rule("fma(C, D, E) -> C'", ElementwiseOp.Fma.class, Folding::fma),
          rule("x / 2^k -> x * 2^-k", ElementwiseOp.Binary.class, Folding::divideByPower),
          rule("C + x -> x + C", ElementwiseOp.Binary.class, Folding::constantToTheRight),
          rule("C < x -> x > C", ElementwiseOp.Compare.class, Folding::constantToTheRight));

  private Folding() {}

  private static Value unary(ElementwiseOp.Unary op, Rewriting in) {
    Number value = in.constant(op.operand());
    if (value == null || op.kind().isApproximate()) {
      return null;
    }
    DType dtype = op.operand().dtype();
    Number folded =
        dtype.isFloat()
            ? (Number) FloatMath.apply(op.kind(), dtype, value.doubleValue())
            : (Number) IntegerMath.apply(op.kind(), dtype, value.longValue());
    return in.constant(op.result().type(), folded);
  }

  private static Value binary(ElementwiseOp.Binary op, Rewriting in) {
    Number left = in.constant(op.left());
    Number right = left == null ? null : in.constant(op.right());
    return right == null
        ? null
        : in.constant(op.result().type(), apply(op.kind(), op.result().dtype(), left, right));
  }

  /** The number that an operation of two numbers of a type gives. */
  static Number apply(BinaryKind kind, DType dtype, Number left, Number right) {
    return dtype.isFloat()
        ? (Number) FloatMath.apply(kind, dtype, left.doubleValue(), right.doubleValue())
        : (Number) IntegerMath.apply(kind, dtype, left.longValue(), right.longValue());
  }

  private static Value compare(ElementwiseOp.Compare op, Rewriting in) {
    Number left = in.constant(op.left());
    Number right = left == null ? null : in.constant(op.right());
    if (right == null) {
      return null;
    }
    DType dtype = op.left().dtype();
    boolean holds =
        dtype.isFloat()
            ? FloatMath.compare(op.kind(), left.doubleValue(), right.doubleValue())
            : IntegerMath.compare(op.kind(), dtype, left.longValue(), right.longValue());
    return in.constant(op.result().type(), holds ? 1L : 0L);
  }

  /** {@code arange(0, 64) < 64}: a mask for a size that is a constant after all. */
  private static Value range(ElementwiseOp.Compare op, Rewriting in) {
    var range = in.definition(op.left(), ShapeOp.MakeRange.class);
    Number right = in.constant(op.right());
    if (range == null || right == null) {
      return null;
    }
    long first = range.start();
    long last = first + range.result().shape().size() - 1;
    if (first < 0) {
      return null; // both halves of the unsigned order
    }
    boolean atFirst = IntegerMath.compare(op.kind(), DType.I32, first, right.longValue());
    boolean atLast = IntegerMath.compare(op.kind(), DType.I32, last, right.longValue());
    boolean decided =
        switch (op.kind()) {
          case EQ, NE -> right.longValue() < first || right.longValue() > last;
          case LT, LE, GT, GE, ULT, ULE, UGT, UGE -> atFirst == atLast;
        };
    return decided ? in.constant(op.result().type(), atFirst ? 1L : 0L) : null;
  }

  private static Value cast(ElementwiseOp.Cast op, Rewriting in) {
    Number value = in.constant(op.operand());
    if (value == null) {
      return null;
    }
    Type to = op.result().type();
    return in.constant(to, convert(op.kind(), op.operand().dtype(), to.dtype(), value));
  }

  private static Number convert(CastKind kind, DType from, DType to, Number value) {
    if (from.isFloat()) {
      return to.isFloat()
          ? (Number) Conversions.floatToFloat(kind, from, to, value.doubleValue())
          : (Number) Conversions.floatToInteger(kind, from, to, value.doubleValue());
    }
    return to.isFloat()
        ? (Number) Conversions.integerToFloat(kind, from, to, value.longValue())
        : (Number) Conversions.integerToInteger(kind, from, to, value.longValue());
  }

  private static Value hint(ElementwiseOp.Hint op, Rewriting in) {
    return in.constant(op.operand()) == null ? null : op.operand();
  }

  private static Value fma(ElementwiseOp.Fma op, Rewriting in) {
    Number a = in.constant(op.a());
    Number b = a == null ? null : in.constant(op.b());
    Number c = b == null ? null : in.constant(op.c());
    if (c == null) {
      return null;
    }
    double folded =
        FloatMath.fma(op.result().dtype(), a.doubleValue(), b.doubleValue(), c.doubleValue());
    return in.constant(op.result().type(), folded);
  }

  /** Exact where the reciprocal is: then quotient and product are one real number, rounded once. */
  private static Value divideByPower(ElementwiseOp.Binary op, Rewriting in) {
    if (op.kind() != BinaryKind.DIV
        || op.result().dtype().bits() < 32
        || !(in.constant(op.right()) instanceof Double divisor)) {
      return null;
    }
    int exponent = Math.getExponent(divisor);
    boolean isPower = Math.abs(divisor) == Math.scalb(1.0, exponent);
    if (!isPower || Math.abs(exponent) > 100) {
      return null;
    }
    Value reciprocal = in.constant(op.right().type(), 1 / divisor);
    return in.binary(BinaryKind.MUL, op.left(), reciprocal);
  }

  private static Value constantToTheRight(ElementwiseOp.Binary op, Rewriting in) {
    boolean exchange =
        op.kind().isCommutative()
            && (in.constant(op.left()) != null
                || (in.isUniform(op.left()) && !in.isUniform(op.right())))
            && in.constant(op.right()) == null;
    return exchange ? in.binary(op.kind(), op.right(), op.left()) : null;
  }

  private static Value constantToTheRight(ElementwiseOp.Compare op, Rewriting in) {
    boolean exchange = in.constant(op.left()) != null && in.constant(op.right()) == null;
    return exchange ? in.compare(op.kind().swapped(), op.right(), op.left()) : null;
  }
}
