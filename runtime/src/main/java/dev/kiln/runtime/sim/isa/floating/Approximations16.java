package dev.kiln.runtime.sim.isa.floating;

/** {@code ex2.approx} and {@code tanh.approx} of 16-bit formats, rounded once from a double. */
record Approximations16(FloatCode code, boolean flush) {
  int ex2(int a) {
    return finish(StrictMath.pow(2, in(a)));
  }

  int tanh(int a) {
    return finish(StrictMath.tanh(in(a)));
  }

  private double in(int bits) {
    return code.decode(flush ? code.flush(bits) : bits);
  }

  private int finish(double value) {
    int bits = code.encode(value, Rounding.NEAREST);
    return flush ? code.flush(bits) : bits;
  }
}
