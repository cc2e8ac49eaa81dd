package dev.kiln.runtime.sim.isa;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigInteger;
import java.util.function.BinaryOperator;

/** Registers as exact integers. */
public final class ExactIntegers {
  private ExactIntegers() {}

  /** The number that a register's bits stand for. */
  public static BigInteger exact(long bits, PtxType type) {
    BigInteger value = BigInteger.ZERO;
    for (int i = 0; i < type.bits(); i++) {
      if ((bits >>> i & 1) != 0) {
        value = value.setBit(i);
      }
    }
    boolean negative = type.isSigned() && value.testBit(type.bits() - 1);
    return negative ? value.subtract(BigInteger.ONE.shiftLeft(type.bits())) : value;
  }

  /** The bits of a number modulo the register's width. */
  public static long register(BigInteger value, PtxType type) {
    return value.mod(BigInteger.ONE.shiftLeft(type.bits())).longValue();
  }

  /** An operation on the low and the high 16 bits. */
  public static long halves(long a, long b, PtxType half, BinaryOperator<BigInteger> f) {
    long low = register(f.apply(exact(a, half), exact(b, half)), half);
    long high = register(f.apply(exact(a >> 16, half), exact(b >> 16, half)), half);
    return low | high << 16;
  }
}
