package dev.kiln.runtime.sim.isa.sync;

import dev.kiln.runtime.sim.exec.BlockBarriers;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.WaitingStep;
import dev.kiln.runtime.sim.exec.Warp;

/** What the forms of {@code barrier.cta} have in common. */
abstract class CtaBarrier extends WaitingStep {
  private final int number;
  private final int threads;
  private final boolean aligned;

  /**
   * @param number slot of the barrier's number
   * @param threads slot of the number of threads; -1 for the whole block
   */
  CtaBarrier(int number, int threads, boolean aligned) {
    this.number = number;
    this.threads = threads;
    this.aligned = aligned;
  }

  @Override
  public boolean aligned() {
    return aligned;
  }

  /** The active lanes arrive, those in the mask with a true predicate. */
  BlockBarriers.Phase arrive(Warp warp, boolean waits, int trueLanes) {
    int id = same(warp, number, "number");
    int count = BlockBarriers.WHOLE_BLOCK;
    if (threads >= 0) {
      count = same(warp, threads, "number of threads");
      if (count == 0) {
        throw new LaneFault(
            LaneFault.Kind.BARRIER,
            Integer.numberOfTrailingZeros(warp.active),
            "barrier " + id + " for 0 threads");
      }
    }
    return warp.block.barriers.arrive(warp, this, warp.active, id, count, waits, trueLanes);
  }

  /** The value of a slot in all active lanes. */
  private static int same(Warp warp, int slot, String what) {
    int first = Integer.numberOfTrailingZeros(warp.active);
    int value = warp.words[slot + first];
    for (int rest = warp.active; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (warp.words[slot + lane] != value) {
        throw new LaneFault(
            LaneFault.Kind.BARRIER,
            lane,
            "the barrier's %s differs among the threads of a warp: %s in lane %d, %s in lane %d"
                .formatted(
                    what,
                    Integer.toUnsignedString(value),
                    first,
                    Integer.toUnsignedString(warp.words[slot + lane]),
                    lane));
      }
    }
    return value;
  }
}
