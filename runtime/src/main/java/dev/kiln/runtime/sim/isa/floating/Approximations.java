package dev.kiln.runtime.sim.isa.floating;

/**
 * The approximate functions of {@code .f32} and {@code .f64}, on bits. Each is computed by
 * operations whose result is the same everywhere, closer than the manual asks: those of {@code
 * .f32} within one unit in the last place, {@code ex2} within two (the manual's bound). Special
 * values are those of the manual's tables.
 *
 * @param flush {@code .ftz}
 */
record Approximations(boolean flush) {
  private static final double INVERSE_LN2 = 1 / StrictMath.log(2);
  private static final long GROSS_NAN = 0x7fff_ffff_0000_0000L;
  private static final long UPPER = 0xffff_ffff_0000_0000L;
  private static final long WIDE_EXPONENT = 0x7ff0_0000_0000_0000L;

  int ex2(int a) {
    return finish(ex2(in(a)));
  }

  int lg2(int a) {
    return finish((float) lg2((double) in(a)));
  }

  int sin(int a) {
    return finish((float) StrictMath.sin(in(a)));
  }

  int cos(int a) {
    return finish((float) StrictMath.cos(in(a)));
  }

  int tanh(int a) {
    return finish((float) StrictMath.tanh(in(a)));
  }

  int rcp(int a) {
    return finish(1 / in(a));
  }

  int sqrt(int a) {
    return finish((float) Math.sqrt(in(a)));
  }

  int rsqrt(int a) {
    return finish(1 / (float) Math.sqrt(in(a)));
  }

  /** {@code div.approx} is {@code a * (1 / b)}, whose reciprocal is 0 for b of 2^126 and more. */
  int divide(int a, int b) {
    float x = in(a);
    float y = in(b);
    float magnitude = Math.abs(y);
    return finish(magnitude > 0x1p126f ? x * Math.copySign(0f, y) : x / y);
  }

  /** {@code div.full}: no operand is too large. */
  int divideFully(int a, int b) {
    return finish(in(a) / in(b));
  }

  /** {@code rsqrt.approx.f64}. */
  static long rsqrtWide(long a) {
    double result = 1 / Math.sqrt(Double.longBitsToDouble(a));
    return result != result ? Arithmetic64.nan(a, 0, 0) : Double.doubleToRawLongBits(result);
  }

  /** {@code rcp.approx.ftz.f64}, of the upper 32 bits alone. */
  static long rcpGross(long a) {
    return gross(1 / grossIn(a));
  }

  /** {@code rsqrt.approx.ftz.f64}, of the upper 32 bits alone. */
  static long rsqrtGross(long a) {
    return gross(1 / Math.sqrt(grossIn(a)));
  }

  private static double grossIn(long bits) {
    if (Arithmetic64.isNan(bits)) {
      return Double.NaN;
    }
    long upper = bits & UPPER;
    return Double.longBitsToDouble((upper & WIDE_EXPONENT) == 0 ? upper & Long.MIN_VALUE : upper);
  }

  private static long gross(double value) {
    if (value != value) {
      return GROSS_NAN;
    }
    long bits = Double.doubleToRawLongBits(value);
    long rounded = Double.isInfinite(value) ? bits : bits + 0x8000_0000L & UPPER;
    return (rounded & WIDE_EXPONENT) == 0 ? rounded & Long.MIN_VALUE : rounded;
  }

  static double lg2(double x) {
    return x < 0 ? Double.NaN : StrictMath.log(x) * INVERSE_LN2;
  }

  /**
   * 2 to the power of x, by a polynomial of the distance to the nearest integer. The operations, in
   * this order, are those of the vector form.
   */
  static float ex2(float x) {
    if (x != x) {
      return x;
    }
    float clamped = Math.max(-160f, Math.min(130f, x));
    float shifted = clamped + Ex2.ROUND;
    float whole = shifted - Ex2.ROUND;
    float rest = clamped - whole;
    float power = Ex2.C7;
    power = Math.fma(power, rest, Ex2.C6);
    power = Math.fma(power, rest, Ex2.C5);
    power = Math.fma(power, rest, Ex2.C4);
    power = Math.fma(power, rest, Ex2.C3);
    power = Math.fma(power, rest, Ex2.C2);
    power = Math.fma(power, rest, Ex2.C1);
    power = Math.fma(power, rest, 1f);
    // Two factors, each a normal number; the second product rounds if it is subnormal.
    int exponent = (int) whole;
    int first = exponent >> 1;
    return power
        * Float.intBitsToFloat(first + 127 << 23)
        * Float.intBitsToFloat(exponent - first + 127 << 23);
  }

  private float in(int bits) {
    return Float.intBitsToFloat(flush ? Arithmetic32.flush(bits) : bits);
  }

  private int finish(float value) {
    if (value != value) {
      return Arithmetic32.NAN;
    }
    int bits = Float.floatToRawIntBits(value);
    return flush ? Arithmetic32.flush(bits) : bits;
  }
}
