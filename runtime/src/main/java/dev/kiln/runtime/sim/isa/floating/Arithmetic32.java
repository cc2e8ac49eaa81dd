package dev.kiln.runtime.sim.isa.floating;

/**
 * Arithmetic on {@code .f32}, on bits. A NaN result is {@link #NAN}, which the manual leaves open.
 *
 * @param flush {@code .ftz}: subnormal operands and results become zeros of their sign
 * @param saturate {@code .sat}: results are clamped to [0, 1], NaN to 0
 */
public record Arithmetic32(Rounding rounding, boolean flush, boolean saturate) {
  /** The NaN that hardware makes. */
  public static final int NAN = 0x7fff_ffff;

  private static final int ONE = 0x3f80_0000;

  int add(int a, int b) {
    return finish(Odd.sum(in(a), in(b), rounding));
  }

  int sub(int a, int b) {
    return finish(Odd.sum(in(a), -in(b), rounding));
  }

  int mul(int a, int b) {
    return finish(in(a) * in(b));
  }

  int fma(int a, int b, int c) {
    return finish(Odd.fused(in(a), in(b), in(c), rounding));
  }

  int div(int a, int b) {
    return finish(Odd.quotient(in(a), in(b)));
  }

  int rcp(int a) {
    return finish(Odd.quotient(1, in(a)));
  }

  int sqrt(int a) {
    return finish(Odd.root(in(a)));
  }

  /** An operand, exactly. */
  double in(int bits) {
    return Float.intBitsToFloat(flush ? flush(bits) : bits);
  }

  /** Bits of a result that is exact or rounded to odd. */
  int finish(double value) {
    int bits = round(value, rounding);
    if (flush) {
      bits = flush(bits);
    }
    return saturate ? saturate(bits) : bits;
  }

  /** The bits of a number rounded once. */
  public static int round(double value, Rounding rounding) {
    if (value != value) {
      return NAN;
    }
    float nearest = (float) value;
    float result =
        switch (rounding) {
          case NEAREST -> nearest;
          case AWAY -> throw new IllegalArgumentException("no arithmetic rounds ties away");
          case ZERO ->
              Math.abs((double) nearest) > Math.abs(value)
                  ? Math.copySign(Math.nextDown(Math.abs(nearest)), nearest)
                  : nearest;
          case DOWN -> nearest > value ? Math.nextDown(nearest) : nearest;
          case UP -> nearest < value ? Math.nextUp(nearest) : nearest;
        };
    return Float.floatToRawIntBits(result);
  }

  static int flush(int bits) {
    return (bits & 0x7f80_0000) == 0 ? bits & 0x8000_0000 : bits;
  }

  static int saturate(int bits) {
    // NaN and negative numbers compare as not above 0.
    float value = Float.intBitsToFloat(bits);
    return value > 0 ? Math.min(bits, ONE) : 0;
  }
}
