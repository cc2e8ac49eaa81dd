package dev.kiln.runtime.sim.isa.lane;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;

/**
 * An operand of up to 64 bits, read as a number: sign-extended if its type is signed, else
 * zero-extended.
 */
public final class LaneSource {
  private final boolean wide;
  private final int index;
  private final boolean signed;
  private final int shift;

  private LaneSource(boolean wide, int index, PtxType type) {
    this.wide = wide;
    this.index = index;
    this.signed = type.isSigned();
    this.shift = 64 - type.bits();
  }

  /** An operand of exactly the type's width. */
  public static LaneSource of(DecodeContext context, Operand operand, PtxType type) {
    boolean wide = type.bits() == 64;
    return new LaneSource(
        wide, wide ? context.wide(operand, type) : context.word(operand, type), type);
  }

  /** Index in {@code wides} if the type has 64 bits, else in {@code words}. */
  public int index() {
    return index;
  }

  public long at(Warp warp, int lane) {
    if (wide) {
      return warp.wides[index + lane];
    }
    long high = (long) warp.words[index + lane] << shift;
    return signed ? high >> shift : high >>> shift;
  }
}
