package dev.kiln.runtime.sim.isa.sync;

import dev.kiln.runtime.sim.exec.BlockBarriers;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;

/** {@code barrier.cta.red}. */
final class BarrierReduction extends CtaBarrier {
  private final Predicate source;
  private final int target;
  private final Result result;

  private enum Result {
    COUNT,
    ALL,
    ANY
  }

  private BarrierReduction(
      int number, int threads, boolean aligned, Predicate source, int target, Result result) {
    super(number, threads, aligned);
    this.source = source;
    this.target = target;
    this.result = result;
  }

  /** {@code .popc}; the target is a slot in {@code words}. */
  static BarrierReduction count(
      int number, int threads, boolean aligned, Predicate source, int target) {
    return new BarrierReduction(number, threads, aligned, source, target, Result.COUNT);
  }

  /** {@code .and} and {@code .or}; the target is a predicate. */
  static BarrierReduction vote(
      int number, int threads, boolean aligned, Predicate source, int target, boolean all) {
    return new BarrierReduction(
        number, threads, aligned, source, target, all ? Result.ALL : Result.ANY);
  }

  @Override
  public Wait arrive(Warp warp) {
    return arrive(warp, true, source.lanes(warp));
  }

  @Override
  public void leave(Warp warp, Wait wait) {
    BlockBarriers.Phase phase = (BlockBarriers.Phase) wait;
    switch (result) {
      case COUNT -> {
        for (int rest = warp.active; rest != 0; rest &= rest - 1) {
          warp.words[target + Integer.numberOfTrailingZeros(rest)] = phase.trues();
        }
      }
      case ALL -> set(warp, phase.allTrue());
      case ANY -> set(warp, phase.trues() != 0);
    }
  }

  private void set(Warp warp, boolean value) {
    int others = warp.predicates[target] & ~warp.active;
    warp.predicates[target] = value ? others | warp.active : others;
  }
}
