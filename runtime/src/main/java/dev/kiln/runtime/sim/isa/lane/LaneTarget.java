package dev.kiln.runtime.sim.isa.lane;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;

/** A destination of up to 64 bits; the low bits of what it is given are kept. */
public final class LaneTarget {
  private final boolean wide;
  private final int index;
  private final int mask;

  private LaneTarget(boolean wide, int index, PtxType type) {
    this.wide = wide;
    this.index = index;
    this.mask = type.bits() >= 32 ? -1 : (1 << type.bits()) - 1;
  }

  /** A destination of exactly the type's width. */
  public static LaneTarget of(DecodeContext context, Operand operand, PtxType type) {
    boolean wide = type.bits() == 64;
    return new LaneTarget(
        wide, wide ? context.wideTarget(operand, type) : context.wordTarget(operand, type), type);
  }

  /** Index in {@code wides} if the type has 64 bits, else in {@code words}. */
  public int index() {
    return index;
  }

  public void set(Warp warp, int lane, long value) {
    if (wide) {
      warp.wides[index + lane] = value;
    } else {
      warp.words[index + lane] = (int) value & mask;
    }
  }
}
