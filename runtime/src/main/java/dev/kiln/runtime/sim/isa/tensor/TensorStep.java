package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.exec.WarpSyncStep;

/**
 * A step that all 32 lanes of a warp take. The manual leaves undefined what happens where one has
 * exited or goes another way; here that is a fault.
 */
abstract class TensorStep extends WarpSyncStep {
  private final String mnemonic;

  /**
   * @param mnemonic for messages
   */
  TensorStep(String mnemonic) {
    this.mnemonic = mnemonic;
  }

  @Override
  public final int members(Warp warp, int lane) {
    return ALL;
  }

  @Override
  public final boolean fixedMembers() {
    return true;
  }

  @Override
  public final void run(Warp warp) {
    requireWhole(warp, mnemonic);
    execute(warp);
  }

  /**
   * Checks that all lanes of a warp take a step.
   *
   * @throws LaneFault if one does not
   */
  static void requireWhole(Warp warp, String mnemonic) {
    if (warp.active != Warp.FULL) {
      int missing = Integer.numberOfTrailingZeros(~warp.active);
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          missing,
          mnemonic
              + " needs all 32 lanes of the warp; "
              + Integer.bitCount(~warp.active)
              + " of them have exited, do not exist or do not execute it");
    }
  }

  final String mnemonic() {
    return mnemonic;
  }

  /** Executes for all 32 lanes. */
  abstract void execute(Warp warp);
}
