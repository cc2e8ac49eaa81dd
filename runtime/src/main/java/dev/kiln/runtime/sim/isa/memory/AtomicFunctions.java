package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Optional;

/** The functions of {@code atom} and {@code red} by their names and types. */
final class AtomicFunctions {
  private static final long SINGLE_NAN = 0x7fff_ffffL;
  private static final int HALF_NAN = 0x7fff;

  private AtomicFunctions() {}

  /**
   * The function, or nothing if the instruction does not exist for the type.
   *
   * @param flush whether fp32 subnormal numbers count as zeros: in global memory they do
   */
  static Optional<AtomicFunction> find(String name, PtxType type, boolean flush) {
    return Optional.ofNullable(
        switch (type) {
          case B16 -> name.equals("cas") ? bits(name) : null;
          case B32, B64 -> bits(name);
          case U32, S32, U64, S64 -> integer(name, type);
          case F32 -> name.equals("add") ? flush ? ATOMIC_ADD_FLUSHED : ATOMIC_ADD : null;
          case F64 -> name.equals("add") ? AtomicFunctions::addDouble : null;
          case F16, BF16 -> half(name, type);
          case F16X2, BF16X2 -> pair(name, type);
          default -> null;
        });
  }

  private static final AtomicFunction ATOMIC_ADD = (old, value, swap) -> add(old, value, false);

  private static final AtomicFunction ATOMIC_ADD_FLUSHED =
      (old, value, swap) -> add(old, value, true);

  private static AtomicFunction bits(String name) {
    return switch (name) {
      case "and" -> (old, value, swap) -> old & value;
      case "or" -> (old, value, swap) -> old | value;
      case "xor" -> (old, value, swap) -> old ^ value;
      case "exch" -> (old, value, swap) -> value;
      case "cas" -> (old, compare, swap) -> old == compare ? swap : old;
      default -> null;
    };
  }

  private static AtomicFunction integer(String name, PtxType type) {
    boolean narrow = type.bits() == 32;
    return switch (name) {
      case "add" ->
          narrow
              ? (old, value, swap) -> old + value & 0xffff_ffffL
              : (old, value, swap) -> old + value;
      case "min" -> extreme(type, -1);
      case "max" -> extreme(type, 1);
      case "inc" -> type == PtxType.U32 ? (old, limit, swap) -> old >= limit ? 0 : old + 1 : null;
      case "dec" ->
          type == PtxType.U32
              ? (old, limit, swap) -> old == 0 || old > limit ? limit : old - 1
              : null;
      // The manual has .b types here; tools write .u and .s as well.
      case "and", "or", "xor", "exch", "cas" -> bits(name);
      default -> null;
    };
  }

  private static AtomicFunction extreme(PtxType type, int sign) {
    return switch (type) {
      case S32 ->
          (old, value, swap) -> sign * Integer.compare((int) old, (int) value) >= 0 ? old : value;
      case S64 -> (old, value, swap) -> sign * Long.compare(old, value) >= 0 ? old : value;
      default -> (old, value, swap) -> sign * Long.compareUnsigned(old, value) >= 0 ? old : value;
    };
  }

  private static long add(long old, long value, boolean flush) {
    float a = Float.intBitsToFloat((int) old);
    float b = Float.intBitsToFloat((int) value);
    float sum = flush ? flushed(flushed(a) + flushed(b)) : a + b;
    return Float.isNaN(sum) ? SINGLE_NAN : Float.floatToRawIntBits(sum) & 0xffff_ffffL;
  }

  private static float flushed(float value) {
    return Math.abs(value) < Float.MIN_NORMAL ? Math.copySign(0, value) : value;
  }

  private static long addDouble(long old, long value, long swap) {
    return Double.doubleToLongBits(Double.longBitsToDouble(old) + Double.longBitsToDouble(value));
  }

  private static AtomicFunction half(String name, PtxType type) {
    boolean brain = type == PtxType.BF16;
    return switch (name) {
      case "add" -> (old, value, swap) -> addHalf((int) old, (int) value, brain);
      case "min" -> (old, value, swap) -> pick((int) old, (int) value, brain, -1);
      case "max" -> (old, value, swap) -> pick((int) old, (int) value, brain, 1);
      default -> null;
    };
  }

  private static AtomicFunction pair(String name, PtxType type) {
    AtomicFunction one = half(name, type == PtxType.F16X2 ? PtxType.F16 : PtxType.BF16);
    if (one == null) {
      return null;
    }
    return (old, value, swap) ->
        one.apply(old & 0xffff, value & 0xffff, 0)
            | one.apply(old >>> 16 & 0xffff, value >>> 16 & 0xffff, 0) << 16;
  }

  /**
   * The sum rounded to nearest even. Rounding to fp32 first does no harm: it has more than twice
   * the bits of either format, plus two.
   */
  private static int addHalf(int a, int b, boolean brain) {
    float sum = widen(a, brain) + widen(b, brain);
    if (Float.isNaN(sum)) {
      return HALF_NAN;
    }
    if (!brain) {
      return Float.floatToFloat16(sum) & 0xffff;
    }
    int bits = Float.floatToRawIntBits(sum);
    return bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
  }

  /** The smaller or the larger; a NaN only if both are; -0 is below +0. */
  private static int pick(int a, int b, boolean brain, int sign) {
    float x = widen(a, brain);
    float y = widen(b, brain);
    if (Float.isNaN(x) || Float.isNaN(y)) {
      return !Float.isNaN(x) ? a : Float.isNaN(y) ? HALF_NAN : b;
    }
    return sign * Float.compare(x, y) >= 0 ? a : b;
  }

  private static float widen(int bits, boolean brain) {
    return brain ? Float.intBitsToFloat(bits << 16) : Float.float16ToFloat((short) bits);
  }
}
