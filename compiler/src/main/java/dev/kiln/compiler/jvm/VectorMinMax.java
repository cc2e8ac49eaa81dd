package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Value;
import java.lang.classfile.CodeBuilder;

/**
 * Minimum and maximum of floats by comparisons and blends, which is faster than the Vector API's
 * own and can prefer numbers to NaN.
 */
final class VectorMinMax {
  private final VectorCode vectors;
  private final CodeWriter writer;
  private final CodeBuilder code;

  VectorMinMax(VectorCode vectors) {
    this.vectors = vectors;
    this.writer = vectors.writer();
    this.code = writer.code();
  }

  /** Leaves the result on the stack. */
  void push(ElementwiseOp.Binary op, LaneKind kind) {
    Number right = writer.definitions().constant(op.right());
    Number left = writer.definitions().constant(op.left());
    if (isNumber(right)) {
      pushWithConstant(op.kind(), kind, op.left(), op.right(), right.doubleValue());
    } else if (isNumber(left)) {
      pushWithConstant(op.kind(), kind, op.right(), op.left(), left.doubleValue());
    } else {
      pushOfTwo(op, kind);
    }
  }

  private static boolean isNumber(Number constant) {
    return constant != null && !Double.isNaN(constant.doubleValue());
  }

  private static boolean isMax(BinaryKind kind) {
    return kind == BinaryKind.MAX || kind == BinaryKind.MAXNAN;
  }

  private static boolean keepsNan(BinaryKind kind) {
    return kind == BinaryKind.MINNAN || kind == BinaryKind.MAXNAN;
  }

  /**
   * One comparison is enough where one side is known: it says when {@code x} is taken, or when the
   * constant is, so that NaN falls to the right side, and it is strict where -0 and +0 must differ.
   */
  private void pushWithConstant(
      BinaryKind kind, LaneKind lanes, Value x, Value constant, double number) {
    boolean isNegativeZero = Double.doubleToRawLongBits(number) == Long.MIN_VALUE;
    boolean isPositiveZero = number == 0 && !isNegativeZero;
    boolean max = isMax(kind);
    boolean takesConstant = keepsNan(kind);
    // On a tie with a zero: -0 loses against x in max, +0 in min.
    boolean tieTakesX = max ? isNegativeZero : isPositiveZero;
    boolean orEqual = takesConstant != tieTakesX;
    String comparison = (max != takesConstant ? "G" : "L") + (orEqual ? "E" : "T");
    vectors.push(takesConstant ? x : constant);
    vectors.push(takesConstant ? constant : x);
    vectors.push(x);
    vectors.compare(lanes, comparison, () -> vectors.push(constant));
    vectors.blend(lanes);
  }

  private void pushOfTwo(ElementwiseOp.Binary op, LaneKind lanes) {
    boolean max = isMax(op.kind());
    Value left = op.left();
    Value right = op.right();
    // The right operand where the comparison is false, so where one is NaN.
    vectors.push(right);
    vectors.push(left);
    vectors.push(left);
    vectors.compare(lanes, max ? "GT" : "LT", () -> vectors.push(right));
    vectors.blend(lanes);
    // Equal numbers have equal bits, but for zeros, whose signs combine.
    pushCombinedBits(left, right, lanes, max ? "AND" : "OR");
    vectors.push(left);
    vectors.compare(lanes, "EQ", () -> vectors.push(right));
    vectors.blend(lanes);
    // A NaN on the right has been taken: wrong where numbers are preferred. One on the left has
    // not: wrong where NaN is kept.
    Value suspect = keepsNan(op.kind()) ? left : right;
    vectors.push(left);
    vectors.push(suspect);
    vectors.compare(lanes, "NE", () -> vectors.push(suspect));
    vectors.blend(lanes);
  }

  private void pushCombinedBits(Value left, Value right, LaneKind lanes, String operator) {
    LaneKind bits = lanes == LaneKind.FLOAT ? LaneKind.INT : LaneKind.LONG;
    vectors.push(left);
    vectors.reinterpret(lanes, bits);
    vectors.lanewise(
        bits,
        operator,
        () -> {
          vectors.push(right);
          vectors.reinterpret(lanes, bits);
        });
    vectors.reinterpret(bits, lanes);
  }
}
