package dev.kiln.runtime.sim.isa.lane;

import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.Set;

/** Takes the types of an instruction from its modifiers. */
public final class Types {
  private Types() {}

  /** The next type, which has to be one of these. */
  public static PtxType take(DecodeContext context, Set<PtxType> allowed) {
    PtxType type =
        context
            .modifiers()
            .takeType()
            .orElseThrow(
                () -> context.malformed(context.instruction().opcode() + " without a type"));
    if (!allowed.contains(type)) {
      throw context.malformed(context.instruction().mnemonic() + " does not take type " + type);
    }
    return type;
  }

  /** The unsigned type of a width of 8 to 64 bits. */
  public static PtxType unsigned(int bits) {
    return switch (bits) {
      case 8 -> PtxType.U8;
      case 16 -> PtxType.U16;
      case 32 -> PtxType.U32;
      case 64 -> PtxType.U64;
      default -> throw new IllegalArgumentException("no type of " + bits + " bits");
    };
  }

  /** The signed type of a width of 8 to 64 bits. */
  public static PtxType signed(int bits) {
    return switch (bits) {
      case 8 -> PtxType.S8;
      case 16 -> PtxType.S16;
      case 32 -> PtxType.S32;
      case 64 -> PtxType.S64;
      default -> throw new IllegalArgumentException("no type of " + bits + " bits");
    };
  }

  /** An integer type of the same signedness and twice the width. */
  public static PtxType doubled(PtxType type) {
    return type.isSigned() ? signed(2 * type.bits()) : unsigned(2 * type.bits());
  }
}
