package dev.kiln.runtime.sim.isa.floating;

/**
 * Arithmetic on {@code .f16} or {@code .bf16}, on bits, each result rounded once to nearest. A NaN
 * result is {@code 0x7fff}.
 *
 * @param code one of the two
 * @param flush {@code .ftz}
 */
record Arithmetic16(FloatCode code, boolean flush, Clamp clamp) {
  /** What is done to a result. */
  enum Clamp {
    NONE,
    /** {@code .sat}: to [0, 1], NaN to 0. */
    UNIT,
    /** {@code .relu}: negative numbers to 0. */
    POSITIVE
  }

  int add(int a, int b) {
    return finish(Odd.sum(in(a), in(b), Rounding.NEAREST));
  }

  int sub(int a, int b) {
    return finish(Odd.sum(in(a), -in(b), Rounding.NEAREST));
  }

  int mul(int a, int b) {
    return finish(in(a) * in(b));
  }

  int fma(int a, int b, int c) {
    return finish(Odd.fused(in(a), in(b), in(c), Rounding.NEAREST));
  }

  private double in(int bits) {
    return code.decode(flush ? code.flush(bits) : bits);
  }

  private int finish(double value) {
    int bits = code.encode(value, Rounding.NEAREST);
    if (flush) {
      bits = code.flush(bits);
    }
    return switch (clamp) {
      case NONE -> bits;
      case UNIT -> {
        double result = code.decode(bits);
        yield result > 0 ? Math.min(bits, code == FloatCode.F16 ? 0x3c00 : 0x3f80) : 0;
      }
      case POSITIVE -> (bits & 0x8000) != 0 ? 0 : bits;
    };
  }
}
