package dev.kiln.runtime.sim.isa.sync;

import dev.kiln.runtime.sim.exec.WaitingStep;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;

/** {@code barrier.cluster.wait}. */
final class ClusterWait extends WaitingStep {
  private final boolean aligned;

  ClusterWait(boolean aligned) {
    this.aligned = aligned;
  }

  @Override
  public boolean aligned() {
    return aligned;
  }

  @Override
  public Wait arrive(Warp warp) {
    return warp.block.cluster.barrier.await(warp);
  }

  @Override
  public void leave(Warp warp, Wait wait) {
    if (warp.monitor != null) {
      warp.monitor.clusterWaited(warp, this, warp.active, Access.Order.ACQUIRE);
    }
  }
}
