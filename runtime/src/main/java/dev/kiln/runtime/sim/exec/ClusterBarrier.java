package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.exec.LaneFault.Kind;
import dev.kiln.runtime.sim.memory.Access;

/**
 * The barrier of a cluster (PTX ISA, {@code barrier.cluster}). It completes when all threads of the
 * cluster that have not exited have arrived.
 */
public final class ClusterBarrier {
  private static final Attachment<Warp, Arrivals> ARRIVALS =
      new Attachment<>(warp -> new Arrivals());

  private final Cluster cluster;
  private Phase phase = new Phase();

  ClusterBarrier(Cluster cluster) {
    this.cluster = cluster;
  }

  /** The active lanes arrive. */
  public void arrive(Warp warp, Step step, Access.Order order) {
    Arrivals arrivals = warp.attached(ARRIVALS);
    int lanes = warp.active;
    if ((arrivals.lanes & lanes) != 0) {
      throw new LaneFault(
          Kind.BARRIER,
          Integer.numberOfTrailingZeros(arrivals.lanes & lanes),
          "a second arrival at the cluster's barrier without a wait between them");
    }
    arrivals.lanes |= lanes;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      arrivals.phases[Integer.numberOfTrailingZeros(rest)] = phase;
    }
    phase.arrived += Integer.bitCount(lanes);
    if (warp.monitor != null) {
      warp.monitor.clusterArrives(warp, step, lanes, order);
    }
    complete();
  }

  /** What the active lanes have to wait for, after they have arrived. */
  public WaitingStep.Wait await(Warp warp) {
    Arrivals arrivals = warp.attached(ARRIVALS);
    int missing = warp.active & ~arrivals.lanes;
    if (missing != 0) {
      throw new LaneFault(
          Kind.BARRIER,
          Integer.numberOfTrailingZeros(missing),
          "a wait at the cluster's barrier without an arrival before it");
    }
    arrivals.lanes &= ~warp.active;
    Phase latest = null;
    for (int rest = warp.active; rest != 0; rest &= rest - 1) {
      Phase of = arrivals.phases[Integer.numberOfTrailingZeros(rest)];
      latest = latest == null || latest.over ? of : latest;
    }
    return latest;
  }

  void exited() {
    complete();
  }

  private void complete() {
    if (phase.arrived == 0 || phase.arrived < expected()) {
      return;
    }
    phase.over = true;
    phase = new Phase();
    cluster.progress++;
    Warp any = cluster.block(0).warps[0];
    if (any.monitor != null) {
      any.monitor.clusterCompletes(any.block);
    }
  }

  /** Threads that have not exited, and those that arrived before they did. */
  private int expected() {
    int threads = 0;
    for (int rank = 0; rank < cluster.size(); rank++) {
      for (Warp warp : cluster.block(rank).warps) {
        threads += Integer.bitCount(warp.present());
        Arrivals arrivals = warp.attached(ARRIVALS);
        for (int rest = arrivals.lanes & warp.exited; rest != 0; rest &= rest - 1) {
          threads += arrivals.phases[Integer.numberOfTrailingZeros(rest)] == phase ? 1 : 0;
        }
      }
    }
    return threads;
  }

  private final class Phase implements WaitingStep.Wait {
    private int arrived;
    private boolean over;

    @Override
    public boolean over() {
      return over;
    }

    @Override
    public String describe() {
      return "the cluster's barrier (%d of %d threads have arrived)".formatted(arrived, expected());
    }
  }

  /** The lanes of a warp that have arrived and not waited, and where. */
  private static final class Arrivals {
    private int lanes;
    private final Phase[] phases = new Phase[Warp.LANES];
  }
}
