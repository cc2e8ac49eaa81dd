package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Optional;
import java.util.function.LongBinaryOperator;

/**
 * What {@code cp.reduce.async.bulk} does to each element: memory, operand to memory, as bits. Each
 * element is changed atomically. PTX ISA, "cp.reduce.async.bulk".
 */
final class Reduction {
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final long NAN16 = 0x7fff;
  private static final long NAN32 = 0x7fff_ffffL;
  private static final long NAN64 = 0x7fff_ffff_ffff_ffffL;
  private static final float SMALLEST_NORMAL = Float.MIN_NORMAL;

  private final int bytes;
  private final LongBinaryOperator operator;

  private final boolean dependsOnOrder;

  private Reduction(int bytes, LongBinaryOperator operator, boolean dependsOnOrder) {
    this.bytes = bytes;
    this.operator = operator;
    this.dependsOnOrder = dependsOnOrder;
  }

  /** Whether the order of several reductions matters: sums of floats. */
  boolean dependsOnOrder() {
    return dependsOnOrder;
  }

  /** Bytes of an element. */
  int bytes() {
    return bytes;
  }

  /** The operation on a type, if there is one; {@code .b32} and {@code .b64} are for bits only. */
  static Optional<Reduction> of(String operation, PtxType type) {
    LongBinaryOperator operator =
        switch (operation) {
          case "and" -> bitwise(type) ? (a, b) -> a & b : null;
          case "or" -> bitwise(type) ? (a, b) -> a | b : null;
          case "xor" -> bitwise(type) ? (a, b) -> a ^ b : null;
          case "inc" ->
              type == PtxType.U32 ? (a, b) -> Long.compareUnsigned(a, b) >= 0 ? 0 : a + 1 : null;
          case "dec" ->
              type == PtxType.U32
                  ? (a, b) -> a == 0 || Long.compareUnsigned(a, b) > 0 ? b : a - 1
                  : null;
          case "add" -> sum(type);
          case "min" -> extreme(type, -1);
          case "max" -> extreme(type, 1);
          default -> null;
        };
    boolean ordered = operation.equals("add") && type.isFloat();
    return Optional.ofNullable(operator).map(known -> new Reduction(type.bytes(), known, ordered));
  }

  private static boolean bitwise(PtxType type) {
    return type.bits() >= 32 && type.bits() <= 64 && !type.isFloat();
  }

  private static LongBinaryOperator sum(PtxType type) {
    return switch (type) {
      case U32, S32, U64, S64 -> Long::sum;
      case F16 -> (a, b) -> toHalf(half(a) + half(b));
      case BF16 -> (a, b) -> toBfloat(bfloat(a) + bfloat(b));
      case F32 ->
          (a, b) -> {
            float sum = flush(single(a)) + flush(single(b));
            return Float.isNaN(sum) ? NAN32 : Float.floatToRawIntBits(flush(sum)) & 0xffff_ffffL;
          };
      case F64 ->
          (a, b) -> {
            double sum = Double.longBitsToDouble(a) + Double.longBitsToDouble(b);
            return Double.isNaN(sum) ? NAN64 : Double.doubleToRawLongBits(sum);
          };
      default -> null;
    };
  }

  /**
   * @param sign 1 for the larger one, -1 for the smaller one
   */
  private static LongBinaryOperator extreme(PtxType type, int sign) {
    return switch (type) {
      case U32, U64 -> (a, b) -> Long.compareUnsigned(a, b) * sign >= 0 ? a : b;
      case S32 -> (a, b) -> Integer.compare((int) a, (int) b) * sign >= 0 ? a : b;
      case S64 -> (a, b) -> Long.compare(a, b) * sign >= 0 ? a : b;
      case F16 -> (a, b) -> extreme(a, b, half(a), half(b), sign);
      case BF16 -> (a, b) -> extreme(a, b, bfloat(a), bfloat(b), sign);
      default -> null;
    };
  }

  /** A NaN loses against a number; -0 is less than +0. */
  private static long extreme(long a, long b, float x, float y, int sign) {
    if (Float.isNaN(x)) {
      return Float.isNaN(y) ? NAN16 : b;
    }
    return Float.isNaN(y) || Float.compare(x, y) * sign >= 0 ? a : b;
  }

  private static float half(long bits) {
    return Float.float16ToFloat((short) bits);
  }

  /** The float has more than twice the bits of the sum's type, so rounding twice does no harm. */
  private static long toHalf(float value) {
    return Float.isNaN(value) ? NAN16 : Float.floatToFloat16(value) & 0xffffL;
  }

  private static float bfloat(long bits) {
    return Float.intBitsToFloat((int) bits << 16);
  }

  private static long toBfloat(float value) {
    if (Float.isNaN(value)) {
      return NAN16;
    }
    int bits = Float.floatToRawIntBits(value);
    return (bits + 0x7fff + (bits >>> 16 & 1)) >>> 16;
  }

  private static float single(long bits) {
    return Float.intBitsToFloat((int) bits);
  }

  private static float flush(float value) {
    return Math.abs(value) < SMALLEST_NORMAL ? Math.copySign(0f, value) : value;
  }

  /** Combines a range of elements into another. */
  void apply(MemorySegment from, long fromOffset, MemorySegment to, long toOffset, long length) {
    for (long i = 0; i < length; i += bytes) {
      switch (bytes) {
        case 2 -> applyShort(from.get(ValueLayout.JAVA_SHORT, fromOffset + i), to, toOffset + i);
        case 4 -> applyInt(from.get(ValueLayout.JAVA_INT, fromOffset + i), to, toOffset + i);
        default -> applyLong(from.get(ValueLayout.JAVA_LONG, fromOffset + i), to, toOffset + i);
      }
    }
  }

  private void applyShort(short operand, MemorySegment to, long offset) {
    long word = offset & ~3;
    int shift = (int) (offset & 2) * 8;
    int old;
    int next;
    do {
      old = (int) INT.getVolatile(to, word);
      long result = operator.applyAsLong(old >>> shift & 0xffff, operand & 0xffffL);
      next = old & ~(0xffff << shift) | (int) (result & 0xffff) << shift;
    } while (!INT.compareAndSet(to, word, old, next));
  }

  private void applyInt(int operand, MemorySegment to, long offset) {
    int old;
    int next;
    do {
      old = (int) INT.getVolatile(to, offset);
      next = (int) operator.applyAsLong(old & 0xffff_ffffL, operand & 0xffff_ffffL);
    } while (!INT.compareAndSet(to, offset, old, next));
  }

  private void applyLong(long operand, MemorySegment to, long offset) {
    long old;
    long next;
    do {
      old = (long) LONG.getVolatile(to, offset);
      next = operator.applyAsLong(old, operand);
    } while (!LONG.compareAndSet(to, offset, old, next));
  }
}
