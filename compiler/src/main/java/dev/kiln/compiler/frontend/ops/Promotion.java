package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.ir.DType;

/** The type in which an operator computes, from its operands' types. */
public final class Promotion {
  private Promotion() {}

  /**
   * C's usual arithmetic conversions, without a promotion to {@code int}: the wider type, and the
   * unsigned one of two of equal width. {@code int1} counts as unsigned.
   */
  public static DType integers(DType left, DType right) {
    boolean leftUnsigned = !left.isSigned();
    boolean rightUnsigned = !right.isSigned();
    if (leftUnsigned == rightUnsigned) {
      return left.bits() > right.bits() ? left : right;
    }
    if (leftUnsigned) {
      return left.bits() >= right.bits() ? left : right;
    }
    return right.bits() >= left.bits() ? right : left;
  }

  /**
   * The type for arithmetic, comparisons and selections.
   *
   * @param leftLiteral whether the left operand is a Python number, which takes part in the choice
   *     only if its kind (bool below int below float) is above the tensor's
   * @param division whether the operator is {@code /}, {@code //} or {@code %}
   */
  public static DType computation(
      FrontContext ctx,
      DType left,
      boolean leftLiteral,
      DType right,
      boolean rightLiteral,
      boolean division) {
    if (leftLiteral != rightLiteral) {
      DType literal = leftLiteral ? left : right;
      DType tensor = leftLiteral ? right : left;
      if (kindOrder(literal) <= kindOrder(tensor)) {
        // fp16 and bf16 have no division of their own: the result is fp32, even beside a literal.
        return division && isHalf(tensor) ? DType.FP32 : tensor;
      }
    }
    if (left == DType.FP64 || right == DType.FP64) {
      return DType.FP64;
    }
    if (left == DType.FP32 || right == DType.FP32) {
      return DType.FP32;
    }
    if (left == DType.FP16 || right == DType.FP16) {
      return division ? DType.FP32 : DType.FP16;
    }
    if (left == DType.BF16 || right == DType.BF16) {
      // Surprising but Triton's rule: bf16 beside anything that is not bf16, integers included,
      // computes in fp32.
      return left == right && !division ? DType.BF16 : DType.FP32;
    }
    if (left.isFp8() && right.isFp8()) {
      return left == right ? left : DType.FP16;
    }
    if (left.isFp8() || right.isFp8()) {
      throw ctx.error(
          "%s and %s have no common type".formatted(left.languageName(), right.languageName()),
          "cast one of them, for instance to tl.float32, with .to(...)");
    }
    if (division && left.isSigned() != right.isSigned()) {
      throw ctx.error(
          "cannot use /, // or %% with %s and %s because they have different signedness"
              .formatted(left.languageName(), right.languageName()),
          "cast them to the same signedness with .to(...)");
    }
    return integers(left, right);
  }

  private static boolean isHalf(DType dtype) {
    return dtype == DType.FP16 || dtype == DType.BF16;
  }

  private static int kindOrder(DType dtype) {
    return switch (dtype.kind()) {
      case BOOL -> 0;
      case SIGNED, UNSIGNED -> 1;
      case FLOAT -> 2;
    };
  }
}
