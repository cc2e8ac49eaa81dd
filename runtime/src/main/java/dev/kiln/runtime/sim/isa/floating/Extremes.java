package dev.kiln.runtime.sim.isa.floating;

/**
 * {@code min} and {@code max}, on bits. The other operand wins over NaN; -0 is below +0; two NaNs
 * give the canonical one, in {@code .f64} the first.
 *
 * @param code format of words; {@code F32} for {@code .f64} too
 * @param flush {@code .ftz}
 * @param nanWins {@code .NaN}: one NaN operand makes the result NaN
 * @param xorSign {@code .xorsign}: the result's sign is the xor of the operands' signs
 * @param magnitudes {@code .abs}: signs of operands do not count
 */
record Extremes(
    boolean max,
    FloatCode code,
    boolean flush,
    boolean nanWins,
    boolean xorSign,
    boolean magnitudes) {

  int of(int a, int b) {
    int sign = 1 << (code.bits() - 1);
    int x = operand(a, sign);
    int y = operand(b, sign);
    int result = extreme(x, y, sign);
    return xorSign && !isNan(result, sign) ? result & ~sign | (a ^ b) & sign : result;
  }

  int of(int a, int b, int c) {
    return of(of(a, b), c);
  }

  private int operand(int bits, int sign) {
    int value = flush ? code.flush(bits) : bits;
    return magnitudes ? value & ~sign : value;
  }

  private int extreme(int x, int y, int sign) {
    boolean xNan = isNan(x, sign);
    boolean yNan = isNan(y, sign);
    if (xNan || yNan) {
      return nanWins || (xNan && yNan) ? code.nan() : xNan ? y : x;
    }
    // As integers, negative numbers count downwards.
    int a = (x & sign) != 0 ? -(x & ~sign) - 1 : x;
    int b = (y & sign) != 0 ? -(y & ~sign) - 1 : y;
    return max == a > b ? x : y;
  }

  private boolean isNan(int bits, int sign) {
    return Integer.compareUnsigned(bits & (sign - 1), infinity()) > 0;
  }

  private int infinity() {
    return code == FloatCode.F32 ? 0x7f80_0000 : code == FloatCode.F16 ? 0x7c00 : 0x7f80;
  }

  /** For {@code .f64}, which has no modifiers. */
  long ofWide(long a, long b) {
    boolean aNan = Arithmetic64.isNan(a);
    if (aNan || Arithmetic64.isNan(b)) {
      return aNan && Arithmetic64.isNan(b) ? Arithmetic64.nan(a, b, 0) : aNan ? b : a;
    }
    double x = Double.longBitsToDouble(a);
    double y = Double.longBitsToDouble(b);
    return max == Double.compare(x, y) > 0 ? a : b;
  }
}
