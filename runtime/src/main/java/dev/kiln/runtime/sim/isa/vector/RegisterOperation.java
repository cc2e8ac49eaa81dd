package dev.kiln.runtime.sim.isa.vector;

/**
 * What a step does to registers in {@code words}.
 *
 * @param c the same as b where there are two operands, or as a where there is one
 */
record RegisterOperation(Kind kind, int target, int a, int b, int c) {
  /** Operations on {@code .f32}, rounded to nearest without {@code .ftz}, and on words. */
  enum Kind {
    FLOAT_FMA(3, true, "fma"),
    FLOAT_MUL(2, true, "mul"),
    FLOAT_ADD(2, true, "add"),
    FLOAT_SUB(2, true, "sub"),
    ADD(2, false, "add"),
    SUB(2, false, "sub"),
    MUL(2, false, "mul"),
    /** A product, then a sum. */
    MAD(3, false, "mul"),
    AND(2, false, "and"),
    OR(2, false, "or"),
    COPY(1, false, "");

    final int operands;
    final boolean isFloat;

    /** The method of the Vector API. */
    final String method;

    Kind(int operands, boolean isFloat, String method) {
      this.operands = operands;
      this.isFloat = isFloat;
      this.method = method;
    }
  }
}
