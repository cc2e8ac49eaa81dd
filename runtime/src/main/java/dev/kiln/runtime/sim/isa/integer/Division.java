package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.function.LongBinaryOperator;

/**
 * Quotients and remainders. The manual leaves division by zero open, and the quotient of the least
 * number by -1. Here a quotient by 0 has all bits set, and so has a remainder of 32 or 64 bits; one
 * of 16 bits is the dividend: what the code does that ptxas makes for sm_90. The least number by -1
 * is itself, with remainder 0.
 */
final class Division {
  private Division() {}

  static LongBinaryOperator of(PtxType type, boolean remainder) {
    boolean unsigned = type == PtxType.U64;
    if (remainder) {
      boolean narrow = type.bits() == 16;
      return (a, b) -> b == 0 ? narrow ? a : -1 : unsigned ? Long.remainderUnsigned(a, b) : a % b;
    }
    return (a, b) -> b == 0 ? -1 : unsigned ? Long.divideUnsigned(a, b) : a / b;
  }
}
