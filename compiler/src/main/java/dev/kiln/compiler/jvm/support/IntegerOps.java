package dev.kiln.compiler.jvm.support;

/**
 * Integer operations of tile IR for which the JVM has no instruction of the same meaning. Integers
 * narrower than 32 bits come and go sign-extended.
 */
public final class IntegerOps {
  private IntegerOps() {}

  public static int divs(int left, int right) {
    return right == 0 ? -1 : left / right;
  }

  public static long divs(long left, long right) {
    return right == 0 ? -1 : left / right;
  }

  public static int divu(int left, int right) {
    return right == 0 ? -1 : Integer.divideUnsigned(left, right);
  }

  public static long divu(long left, long right) {
    return right == 0 ? -1 : Long.divideUnsigned(left, right);
  }

  public static int rems(int left, int right) {
    return right == 0 ? left : left % right;
  }

  public static long rems(long left, long right) {
    return right == 0 ? left : left % right;
  }

  public static int remu(int left, int right) {
    return right == 0 ? left : Integer.remainderUnsigned(left, right);
  }

  public static long remu(long left, long right) {
    return right == 0 ? left : Long.remainderUnsigned(left, right);
  }

  /** {@code amount} is zero-extended from the operation's width, {@code bits}. */
  public static int shl(int left, int amount, int bits) {
    return Integer.compareUnsigned(amount, bits) >= 0 ? 0 : left << amount;
  }

  public static long shl(long left, long amount) {
    return Long.compareUnsigned(amount, 64) >= 0 ? 0 : left << amount;
  }

  public static int shrs(int left, int amount, int bits) {
    return left >> (Integer.compareUnsigned(amount, bits) >= 0 ? 31 : amount);
  }

  public static long shrs(long left, long amount) {
    return left >> (Long.compareUnsigned(amount, 64) >= 0 ? 63 : amount);
  }

  /** {@code left} is zero-extended too. */
  public static int shru(int left, int amount, int bits) {
    return Integer.compareUnsigned(amount, bits) >= 0 ? 0 : left >>> amount;
  }

  public static long shru(long left, long amount) {
    return Long.compareUnsigned(amount, 64) >= 0 ? 0 : left >>> amount;
  }

  public static int minu(int left, int right) {
    return Integer.compareUnsigned(left, right) <= 0 ? left : right;
  }

  public static long minu(long left, long right) {
    return Long.compareUnsigned(left, right) <= 0 ? left : right;
  }

  public static int maxu(int left, int right) {
    return Integer.compareUnsigned(left, right) >= 0 ? left : right;
  }

  public static long maxu(long left, long right) {
    return Long.compareUnsigned(left, right) >= 0 ? left : right;
  }

  public static int mulhu(int left, int right) {
    return (int) ((left & 0xffff_ffffL) * (right & 0xffff_ffffL) >>> 32);
  }

  public static int mulhs(int left, int right) {
    return (int) ((long) left * right >> 32);
  }

  /** Saturates to {@code [low, high]}. */
  public static int clamp(int value, int low, int high) {
    return Math.min(Math.max(value, low), high);
  }

  /** An index bound of any size as one inside {@code [0, extent]}. */
  public static int bound(long bound, int extent) {
    return (int) Math.min(Math.max(bound, 0), extent);
  }

  /**
   * How many {@code i} from 0 on, at most {@code extent}, have {@code base + i < end + extra}; 0 if
   * a sum does not fit.
   */
  public static int below(int end, int base, int extra, int extent) {
    return base > Integer.MAX_VALUE - extent ? 0 : bound((long) end + extra - base, extent);
  }

  /** The length of so many blocks one after the other; 0 for less than none. */
  public static int depth(int block, long repeats) {
    return Math.toIntExact(Math.multiplyExact(block, Math.max(0, repeats)));
  }

  /** How often {@code for (i = lower; i < upper; i += step)} runs, without overflow. */
  public static long trips(long lower, long upper, long step) {
    return step <= 0 || lower >= upper ? 0 : Long.divideUnsigned(upper - lower - 1, step) + 1;
  }

  /** As {@link #trips} of unsigned numbers. */
  public static long tripsUnsigned(long lower, long upper, long step) {
    return step == 0 || Long.compareUnsigned(lower, upper) >= 0
        ? 0
        : Long.divideUnsigned(upper - lower - 1, step) + 1;
  }
}
