package dev.kiln.runtime.sim.isa.integer;

import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.binary;
import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.quaternary;
import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.ternary;
import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.unary;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.Decoder;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.isa.vector.IntegerWords;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Section 9.7.1: instructions that count, find, extract and insert bits. */
public final class BitFields {
  private static final Set<PtxType> BITS = EnumSet.of(PtxType.B32, PtxType.B64);
  private static final Set<PtxType> NUMBERS =
      EnumSet.of(PtxType.U32, PtxType.S32, PtxType.U64, PtxType.S64);

  private BitFields() {}

  public static Map<String, Decoder> decoders() {
    Map<String, Decoder> decoders = new TreeMap<>();
    decoders.put("popc", BitFields::popc);
    decoders.put("clz", BitFields::clz);
    decoders.put("bfind", BitFields::bfind);
    decoders.put("fns", BitFields::fns);
    decoders.put("brev", BitFields::brev);
    decoders.put("bfe", BitFields::bfe);
    decoders.put("bfi", BitFields::bfi);
    decoders.put("szext", BitFields::szext);
    decoders.put("bmsk", BitFields::bmsk);
    return decoders;
  }

  private static Step popc(DecodeContext context) {
    PtxType type = Types.take(context, BITS);
    return unary(
        context,
        PtxType.U32,
        type,
        Long::bitCount,
        type == PtxType.B32 ? (d, a) -> IntegerWords.popc(d, a) : null);
  }

  private static Step clz(DecodeContext context) {
    PtxType type = Types.take(context, BITS);
    int spare = 64 - type.bits();
    return unary(context, PtxType.U32, type, a -> Long.numberOfLeadingZeros(a) - spare);
  }

  /** All bits set if there is none to find; of a negative number the first zero is sought. */
  private static Step bfind(DecodeContext context) {
    boolean shiftAmount = context.modifiers().take("shiftamt");
    PtxType type = Types.take(context, NUMBERS);
    int top = type.bits() - 1;
    boolean signed = type.isSigned();
    return unary(
        context,
        PtxType.U32,
        type,
        a -> {
          long sought = signed && a < 0 ? ~a : a;
          if (sought == 0) {
            return -1;
          }
          int position = 63 - Long.numberOfLeadingZeros(sought);
          return shiftAmount ? top - position : position;
        });
  }

  private static Step fns(DecodeContext context) {
    Types.take(context, EnumSet.of(PtxType.B32));
    return ternary(context, PtxType.B32, PtxType.B32, PtxType.U32, PtxType.S32, BitFields::nthSet);
  }

  /**
   * Position of the n-th set bit, counted from {@code base}: upwards for n above 0, downwards below
   * 0; for n = 0 the base itself if it is set.
   */
  private static long nthSet(long mask, long base, long n) {
    if (n == 0) {
      return base < 32 && (mask >>> base & 1) != 0 ? base : -1;
    }
    int step = n > 0 ? 1 : -1;
    long count = Math.abs(n) - 1;
    // The base is unsigned in the operands but a position here: a large one is outside of the mask.
    for (long position = (int) base; position >= 0 && position < 32; position += step) {
      if ((mask >>> position & 1) != 0 && count-- == 0) {
        return position;
      }
    }
    return -1;
  }

  private static Step brev(DecodeContext context) {
    PtxType type = Types.take(context, BITS);
    int spare = 64 - type.bits();
    return unary(context, type, type, a -> Long.reverse(a) >>> spare);
  }

  private static Step bfe(DecodeContext context) {
    PtxType type = Types.take(context, NUMBERS);
    int bits = type.bits();
    boolean signed = type.isSigned();
    return ternary(
        context,
        type,
        type,
        PtxType.U32,
        PtxType.U32,
        (a, b, c) -> extract(a, (int) b & 0xff, (int) c & 0xff, bits, signed));
  }

  /** Beyond the register lie copies of its sign, or zeros: of both, {@code a} has 64 bits here. */
  private static long extract(long a, int position, int length, int bits, boolean signed) {
    if (length == 0) {
      return 0;
    }
    long field =
        position >= bits ? signed && a < 0 ? -1 : 0 : signed ? a >> position : a >>> position;
    if (length >= 64) {
      return field;
    }
    int spare = 64 - length;
    return signed ? field << spare >> spare : field << spare >>> spare;
  }

  private static Step bfi(DecodeContext context) {
    PtxType type = Types.take(context, BITS);
    return quaternary(
        context,
        type,
        type,
        type,
        PtxType.U32,
        PtxType.U32,
        (a, b, c, d) -> {
          long position = c & 0xff;
          long length = d & 0xff;
          if (position >= 64) {
            return b;
          }
          long mask = (length >= 64 ? -1 : (1L << length) - 1) << position;
          return a << position & mask | b & ~mask;
        });
  }

  private static boolean clamps(DecodeContext context) {
    return context
        .modifiers()
        .takeAny("clamp", "wrap")
        .orElseThrow(
            () -> context.malformed(context.instruction().opcode() + " needs .clamp or .wrap"))
        .equals("clamp");
  }

  private static Step szext(DecodeContext context) {
    boolean clamp = clamps(context);
    PtxType type = Types.take(context, EnumSet.of(PtxType.U32, PtxType.S32));
    boolean signed = type.isSigned();
    return binary(
        context,
        type,
        type,
        PtxType.U32,
        (a, b) -> {
          if (clamp && b >= 32) {
            return a;
          }
          int width = (int) b & 31;
          if (width == 0) {
            return 0;
          }
          int spare = 64 - width;
          return signed ? a << spare >> spare : a << spare >>> spare;
        });
  }

  private static Step bmsk(DecodeContext context) {
    boolean clamp = clamps(context);
    Types.take(context, EnumSet.of(PtxType.B32));
    return binary(
        context,
        PtxType.B32,
        PtxType.U32,
        PtxType.U32,
        (a, b) -> {
          if (clamp && a >= 32) {
            return 0;
          }
          long width = clamp ? Math.min(b, 32) : b & 31;
          // The part beyond 32 bits is cut off by the destination.
          return (1L << width) - 1 << (a & 31);
        });
  }
}
