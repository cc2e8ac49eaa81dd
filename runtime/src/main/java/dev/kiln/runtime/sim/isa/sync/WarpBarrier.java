package dev.kiln.runtime.sim.isa.sync;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.exec.WarpSyncStep;

/**
 * {@code bar.warp.sync}. Lanes may stand at different ones; only their masks have to be the same.
 */
final class WarpBarrier extends WarpSyncStep {
  private final int mask;
  private final boolean literal;

  /**
   * @param mask slot of the member mask
   */
  WarpBarrier(int mask, boolean literal) {
    this.mask = mask;
    this.literal = literal;
  }

  @Override
  public int members(Warp warp, int lane) {
    return warp.words[mask + lane];
  }

  @Override
  public boolean fixedMembers() {
    return literal;
  }

  @Override
  public boolean meets(WarpSyncStep other) {
    return other instanceof WarpBarrier;
  }

  @Override
  public void run(Warp warp) {
    if (warp.monitor != null) {
      warp.monitor.warpSyncs(warp, this, warp.active);
    }
  }
}
