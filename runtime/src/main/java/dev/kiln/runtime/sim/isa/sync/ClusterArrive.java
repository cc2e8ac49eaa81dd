package dev.kiln.runtime.sim.isa.sync;

import dev.kiln.runtime.sim.exec.WaitingStep;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;

/** {@code barrier.cluster.arrive}. */
final class ClusterArrive extends WaitingStep {
  private final boolean aligned;
  private final Access.Order order;

  ClusterArrive(boolean aligned, Access.Order order) {
    this.aligned = aligned;
    this.order = order;
  }

  @Override
  public boolean aligned() {
    return aligned;
  }

  @Override
  public Wait arrive(Warp warp) {
    warp.block.cluster.barrier.arrive(warp, this, order);
    return null;
  }
}
