package dev.kiln.runtime.sim.isa.integer;

import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.function.LongBinaryOperator;

/** Parts of products. */
final class Products {
  private Products() {}

  /** Takes {@code lo}, {@code hi} or {@code wide}. */
  static String part(DecodeContext context) {
    return context
        .modifiers()
        .takeAny("lo", "hi", "wide")
        .orElseThrow(
            () -> context.malformed(context.instruction().opcode() + " needs .lo, .hi or .wide"));
  }

  /** The type of a {@code .wide} product. */
  static PtxType wide(DecodeContext context, PtxType type) {
    if (type.bits() == 64) {
      throw context.malformed(".wide is for 16 and 32 bits only");
    }
    return Types.doubled(type);
  }

  /** The high half of a product of two numbers of a type. */
  static LongBinaryOperator high(PtxType type) {
    int bits = type.bits();
    if (bits < 64) {
      return (a, b) -> a * b >> bits;
    }
    return type.isSigned() ? Math::multiplyHigh : Math::unsignedMultiplyHigh;
  }

  /** Low or high 32 of the 48 bits of a product of the low 24 bits of two numbers. */
  static long of24(long a, long b, PtxType type, boolean high) {
    boolean signed = type.isSigned();
    long product = low24(a, signed) * low24(b, signed);
    return high ? signed ? (int) (product >> 16) : product >> 16 & 0xffff_ffffL : product;
  }

  private static long low24(long value, boolean signed) {
    return signed ? value << 40 >> 40 : value & 0xff_ffff;
  }
}
