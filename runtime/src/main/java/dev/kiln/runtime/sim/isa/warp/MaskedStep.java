package dev.kiln.runtime.sim.isa.warp;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.exec.WarpSyncStep;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;

/** A step for the lanes that its last operand names. */
abstract class MaskedStep extends WarpSyncStep {
  private final int mask;
  private final boolean literal;

  MaskedStep(Mask mask) {
    this.mask = mask.slot();
    this.literal = mask.literal();
  }

  /**
   * A membermask.
   *
   * @param slot index in {@code words}
   * @param literal whether it is the same at all times
   */
  record Mask(int slot, boolean literal) {
    static Mask of(DecodeContext context, int operand) {
      Operand mask = context.operand(operand);
      return new Mask(context.word(mask, PtxType.B32), mask instanceof Operand.IntegerLiteral);
    }
  }

  /** Checks for {@code .sync}, without which these instructions went with sm_70. */
  static void takeSync(DecodeContext context) {
    if (!context.modifiers().take("sync")) {
      throw context.unsupported(
          context.instruction().opcode() + " without .sync, which no target from sm_70 on has");
    }
  }

  @Override
  public final int members(Warp warp, int lane) {
    return warp.words[mask + lane];
  }

  @Override
  public final boolean fixedMembers() {
    return literal;
  }
}
