package dev.kiln.compiler.jvm.support;

/** Float operations of tile IR for which the JVM has no instruction of the same meaning. */
public final class FloatOps {
  private FloatOps() {}

  /** The other operand where one is NaN; -0 is below +0. */
  public static float min(float left, float right) {
    return left != left ? right : right != right ? left : Math.min(left, right);
  }

  public static double min(double left, double right) {
    return left != left ? right : right != right ? left : Math.min(left, right);
  }

  public static float max(float left, float right) {
    return left != left ? right : right != right ? left : Math.max(left, right);
  }

  public static double max(double left, double right) {
    return left != left ? right : right != right ? left : Math.max(left, right);
  }

  public static float trunc(float value) {
    return (float) (value < 0 ? Math.ceil(value) : Math.floor(value));
  }

  public static double trunc(double value) {
    return value < 0 ? Math.ceil(value) : Math.floor(value);
  }

  public static float floor(float value) {
    return (float) Math.floor(value);
  }

  public static float ceil(float value) {
    return (float) Math.ceil(value);
  }

  public static float rint(float value) {
    return (float) Math.rint(value);
  }

  public static float sqrt(float value) {
    return (float) Math.sqrt(value);
  }

  /** To {@code u32}, saturating; NaN gives 0. */
  public static int toUnsignedInt(double value) {
    return (int) Math.min(Math.max((long) value, 0), 0xffff_ffffL);
  }

  /** To {@code u64}, saturating; NaN gives 0. */
  public static long toUnsignedLong(double value) {
    if (!(value > 0)) {
      return 0;
    }
    if (value < 0x1p63) {
      return (long) value;
    }
    return value < 0x1p64 ? (long) (value - 0x1p63) | Long.MIN_VALUE : -1;
  }

  public static double fromUnsignedLong(long value) {
    return value >= 0 ? value : 2.0 * (value >>> 1 | value & 1);
  }

  public static float floatFromUnsignedLong(long value) {
    return value >= 0 ? value : 2.0f * (value >>> 1 | value & 1);
  }

  /** Arguments up to here are reduced in generated code. */
  public static final float LARGEST_REDUCED = 100_000;

  /** sin of arguments beyond {@link #LARGEST_REDUCED}; 0 for others. */
  public static float sinOfLarge(float value) {
    return Math.abs(value) <= LARGEST_REDUCED ? 0 : (float) StrictMath.sin(value);
  }

  public static float cosOfLarge(float value) {
    return Math.abs(value) <= LARGEST_REDUCED ? 0 : (float) StrictMath.cos(value);
  }
}
