package dev.kiln.compiler.numeric;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;

/**
 * What tile IR's integer operations compute, for one element. An integer of any width is held in a
 * {@code long}, sign-extended; an {@code i1} as 0 or 1. Signed operations take the one bit of an
 * {@code i1} for its sign: true counts as -1.
 */
public final class IntegerMath {
  private IntegerMath() {}

  /** The low bits of a number, in the form in which a type's numbers are held. */
  public static long wrap(DType dtype, long value) {
    return switch (dtype.bits()) {
      case 1 -> value & 1;
      case 8 -> (byte) value;
      case 16 -> (short) value;
      case 32 -> (int) value;
      default -> value;
    };
  }

  /** The number with its bits taken as unsigned. */
  public static long zeroExtend(DType dtype, long value) {
    return dtype.bits() == 64 ? value : value & ((1L << dtype.bits()) - 1);
  }

  /** The number with its bits taken as signed; differs from the held form for {@code i1} only. */
  public static long signExtend(DType dtype, long value) {
    return dtype.bits() == 1 ? -value : value;
  }

  /** The smallest signed number of a type, sign-extended. */
  public static long smallest(DType dtype) {
    return -1L << (dtype.bits() - 1);
  }

  /** Fails for the kinds that apply to floats only. */
  public static long apply(BinaryKind kind, DType dtype, long left, long right) {
    return switch (kind) {
      case ADD -> wrap(dtype, left + right);
      case SUB -> wrap(dtype, left - right);
      case MUL -> wrap(dtype, left * right);
      case DIVS -> divideSigned(dtype, left, right);
      case DIVU -> divideUnsigned(dtype, left, right);
      case REMS -> remainderSigned(dtype, left, right);
      case REMU -> remainderUnsigned(dtype, left, right);
      case AND -> left & right;
      case OR -> left | right;
      case XOR -> left ^ right;
      case SHL -> shiftIsWide(dtype, right) ? 0 : wrap(dtype, left << right);
      case SHRS -> {
        long value = signExtend(dtype, left);
        yield wrap(dtype, value >> (shiftIsWide(dtype, right) ? 63 : right));
      }
      case SHRU -> shiftIsWide(dtype, right) ? 0 : wrap(dtype, zeroExtend(dtype, left) >>> right);
      case MINS -> signExtend(dtype, left) <= signExtend(dtype, right) ? left : right;
      case MAXS -> signExtend(dtype, left) >= signExtend(dtype, right) ? left : right;
      // Sign extension keeps the order of the unsigned values.
      case MINU -> Long.compareUnsigned(left, right) <= 0 ? left : right;
      case MAXU -> Long.compareUnsigned(left, right) >= 0 ? left : right;
      case MULHU ->
          dtype.bits() == 64
              ? Math.unsignedMultiplyHigh(left, right)
              : wrap(dtype, zeroExtend(dtype, left) * zeroExtend(dtype, right) >>> dtype.bits());
      case MULHS ->
          dtype.bits() == 64
              ? Math.multiplyHigh(left, right)
              : wrap(dtype, left * right >> dtype.bits());
      case DIV, REM, MIN, MAX, MINNAN, MAXNAN -> throw notForIntegers(kind.mnemonic());
    };
  }

  private static boolean shiftIsWide(DType dtype, long amount) {
    return Long.compareUnsigned(zeroExtend(dtype, amount), dtype.bits()) >= 0;
  }

  private static long divideSigned(DType dtype, long left, long right) {
    if (right == 0) {
      return wrap(dtype, -1);
    }
    // Java's long division wraps for the smallest by -1; the narrower types wrap here.
    return wrap(dtype, signExtend(dtype, left) / signExtend(dtype, right));
  }

  private static long divideUnsigned(DType dtype, long left, long right) {
    if (right == 0) {
      return wrap(dtype, -1);
    }
    return wrap(dtype, Long.divideUnsigned(zeroExtend(dtype, left), zeroExtend(dtype, right)));
  }

  private static long remainderSigned(DType dtype, long left, long right) {
    return right == 0 ? left : wrap(dtype, signExtend(dtype, left) % signExtend(dtype, right));
  }

  private static long remainderUnsigned(DType dtype, long left, long right) {
    return right == 0
        ? left
        : wrap(dtype, Long.remainderUnsigned(zeroExtend(dtype, left), zeroExtend(dtype, right)));
  }

  /** Fails for the kinds that apply to floats only. */
  public static long apply(UnaryKind kind, DType dtype, long value) {
    return switch (kind) {
      case NEG -> wrap(dtype, -value);
      case ABS -> signExtend(dtype, value) < 0 ? wrap(dtype, -value) : value;
      case NOT -> wrap(dtype, ~value);
      case CLZ -> Long.numberOfLeadingZeros(zeroExtend(dtype, value)) - (64 - dtype.bits());
      case POPC -> Long.bitCount(zeroExtend(dtype, value));
      case BREV -> wrap(dtype, Long.reverse(value) >>> (64 - dtype.bits()));
      case FLOOR, CEIL, TRUNC, RINT, SQRT, RSQRT, EXP, EXP2, LOG, LOG2, SIN, COS, TANH, ERF ->
          throw notForIntegers(kind.mnemonic());
    };
  }

  public static boolean compare(CompareKind kind, DType dtype, long left, long right) {
    long a = signExtend(dtype, left);
    long b = signExtend(dtype, right);
    return switch (kind) {
      case EQ -> left == right;
      case NE -> left != right;
      case LT -> a < b;
      case LE -> a <= b;
      case GT -> a > b;
      case GE -> a >= b;
      case ULT -> Long.compareUnsigned(left, right) < 0;
      case ULE -> Long.compareUnsigned(left, right) <= 0;
      case UGT -> Long.compareUnsigned(left, right) > 0;
      case UGE -> Long.compareUnsigned(left, right) >= 0;
    };
  }

  private static IllegalArgumentException notForIntegers(String mnemonic) {
    return new IllegalArgumentException(mnemonic + " applies to floats only");
  }
}
