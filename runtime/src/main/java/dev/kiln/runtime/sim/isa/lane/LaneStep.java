package dev.kiln.runtime.sim.isa.lane;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;

/** A step that does the same in each active lane, apart from the others. */
public abstract class LaneStep extends Step {
  @Override
  public final void run(Warp warp) {
    for (int lanes = warp.active; lanes != 0; lanes &= lanes - 1) {
      runLane(warp, Integer.numberOfTrailingZeros(lanes));
    }
  }

  /** Reads its operands before it writes: a destination may be a source too. */
  protected abstract void runLane(Warp warp, int lane);
}
