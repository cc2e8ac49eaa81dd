package dev.kiln.runtime.sim.isa.logic;

import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.binary;
import static dev.kiln.runtime.sim.isa.lane.LaneFunctions.ternary;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.lane.LaneFunctions.BinaryVectors;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.isa.vector.IntegerWides;
import dev.kiln.runtime.sim.isa.vector.IntegerWords;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.EnumSet;
import java.util.Set;

/**
 * {@code shl}, {@code shr} and {@code shf}. Amounts are unsigned numbers of 32 bits; those beyond
 * the width count as the width.
 */
final class Shifts {
  private static final Set<PtxType> BITS = EnumSet.of(PtxType.B16, PtxType.B32, PtxType.B64);
  private static final Set<PtxType> NUMBERS =
      EnumSet.of(
          PtxType.B16,
          PtxType.B32,
          PtxType.B64,
          PtxType.U16,
          PtxType.U32,
          PtxType.U64,
          PtxType.S16,
          PtxType.S32,
          PtxType.S64);

  private Shifts() {}

  static Step left(DecodeContext context) {
    PtxType type = Types.take(context, BITS);
    BinaryVectors vectors =
        type.bits() == 64
            ? (d, a, b) -> IntegerWides.shiftLeft(d, a, b)
            : type.bits() == 32 ? (d, a, b) -> IntegerWords.shiftLeft(d, a, b) : null;
    return binary(context, type, type, PtxType.U32, (a, b) -> b >= 64 ? 0 : a << b, vectors);
  }

  static Step right(DecodeContext context) {
    PtxType type = Types.take(context, NUMBERS);
    int bits = type.bits();
    if (type.isSigned()) {
      BinaryVectors vectors =
          bits == 64
              ? (d, a, b) -> new IntegerWides.ShiftRightSigned(d, a, b)
              : bits == 32 ? (d, a, b) -> new IntegerWords.ShiftRightSigned(d, a, b) : null;
      return binary(context, type, type, PtxType.U32, (a, b) -> a >> Math.min(b, 63), vectors);
    }
    BinaryVectors vectors =
        bits == 64
            ? (d, a, b) -> IntegerWides.shiftRightUnsigned(d, a, b)
            : bits == 32 ? (d, a, b) -> IntegerWords.shiftRightUnsigned(d, a, b) : null;
    return binary(context, type, type, PtxType.U32, (a, b) -> b >= 64 ? 0 : a >>> b, vectors);
  }

  /** {@code shf}: 32 bits of a 64-bit number, b the high half, shifted left or right. */
  static Step funnel(DecodeContext context) {
    boolean left =
        context
            .modifiers()
            .takeAny("l", "r")
            .orElseThrow(() -> context.malformed("shf needs .l or .r"))
            .equals("l");
    boolean clamp =
        context
            .modifiers()
            .takeAny("clamp", "wrap")
            .orElseThrow(() -> context.malformed("shf needs .clamp or .wrap"))
            .equals("clamp");
    PtxType type = Types.take(context, EnumSet.of(PtxType.B32));
    return ternary(
        context,
        type,
        type,
        type,
        PtxType.U32,
        (a, b, c) -> {
          long amount = clamp ? Math.min(c, 32) : c & 31;
          long both = b << 32 | a;
          return left ? both << amount >>> 32 : both >>> amount;
        },
        left && !clamp
            ? (d, a, b, c) -> new IntegerWords.FunnelLeftWrap(d, a, b, c)
            : !left && !clamp
                ? (d, a, b, c) -> new IntegerWords.FunnelRightWrap(d, a, b, c)
                : null);
  }
}
