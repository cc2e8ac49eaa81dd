package dev.kiln.compiler.numeric;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;

/**
 * What tile IR's float operations compute, for one element. Operands are numbers that the type
 * holds; the result is rounded to the type once.
 *
 * <p>For types narrower than {@code fp64} the result is computed in double and then rounded. For
 * {@code + - * /} and the square root that is the correctly rounded result, because 53 bits are at
 * least twice the type's precision plus two.
 */
public final class FloatMath {
  private FloatMath() {}

  /** Fails for the kinds that apply to integers only. */
  public static double apply(BinaryKind kind, DType dtype, double left, double right) {
    return switch (kind) {
      case ADD -> FloatFormat.round(dtype, left + right);
      case SUB -> FloatFormat.round(dtype, left - right);
      case MUL -> FloatFormat.round(dtype, left * right);
      case DIV -> FloatFormat.round(dtype, left / right);
      case REM -> left % right;
      case MIN -> left != left ? right : right != right ? left : Math.min(left, right);
      case MAX -> left != left ? right : right != right ? left : Math.max(left, right);
      case MINNAN -> Math.min(left, right);
      case MAXNAN -> Math.max(left, right);
      case DIVS, DIVU, REMS, REMU, AND, OR, XOR, SHL, SHRS, SHRU -> throw notForFloats(kind.name());
      case MINS, MINU, MAXS, MAXU, MULHU, MULHS -> throw notForFloats(kind.name());
    };
  }

  /** Fails for the kinds that apply to integers only. */
  public static double apply(UnaryKind kind, DType dtype, double value) {
    return switch (kind) {
      case NEG -> FloatFormat.round(dtype, -value);
      case ABS -> Math.abs(value);
      case FLOOR -> Math.floor(value);
      case CEIL -> Math.ceil(value);
      case TRUNC -> value < 0 ? Math.ceil(value) : Math.floor(value);
      case RINT -> Math.rint(value);
      case SQRT -> FloatFormat.round(dtype, Math.sqrt(value));
      case RSQRT -> FloatFormat.round(dtype, 1 / Math.sqrt(value));
      case EXP -> FloatFormat.round(dtype, StrictMath.exp(value));
      case EXP2 -> FloatFormat.round(dtype, SpecialFunctions.exp2(value));
      case LOG -> FloatFormat.round(dtype, StrictMath.log(value));
      case LOG2 -> FloatFormat.round(dtype, SpecialFunctions.log2(value));
      case SIN -> FloatFormat.round(dtype, StrictMath.sin(value));
      case COS -> FloatFormat.round(dtype, StrictMath.cos(value));
      case TANH -> FloatFormat.round(dtype, StrictMath.tanh(value));
      case ERF -> FloatFormat.round(dtype, SpecialFunctions.erf(value));
      case NOT, CLZ, POPC, BREV -> throw notForFloats(kind.name());
    };
  }

  /** {@code a * b + c}, rounded once. */
  public static double fma(DType dtype, double a, double b, double c) {
    return switch (dtype) {
      case FP64 -> Math.fma(a, b, c);
      case FP32 -> Math.fma((float) a, (float) b, (float) c);
      default -> FloatFormat.round(dtype, sumToOdd(a * b, c)); // the product is exact in a double
    };
  }

  /**
   * The sum rounded to odd: where it is not exact, the one of its two neighbours whose last bit is
   * set. A second rounding to a narrower type then gives what one rounding would have.
   */
  private static double sumToOdd(double a, double b) {
    double sum = a + b;
    double bPart = sum - a;
    double error = (a - (sum - bPart)) + (b - bPart);
    boolean exact = error == 0 || error != error;
    if (exact || (Double.doubleToRawLongBits(sum) & 1) != 0) {
      return sum;
    }
    return error > 0 ? Math.nextUp(sum) : Math.nextDown(sum);
  }

  public static boolean compare(CompareKind kind, double left, double right) {
    return switch (kind) {
      case EQ -> left == right;
      case NE -> left != right;
      case LT -> left < right;
      case LE -> left <= right;
      case GT -> left > right;
      case GE -> left >= right;
      case ULT, ULE, UGT, UGE -> throw notForFloats(kind.name());
    };
  }

  private static IllegalArgumentException notForFloats(String name) {
    return new IllegalArgumentException(
        name.toLowerCase(java.util.Locale.ROOT) + " applies to integers only");
  }
}
