package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Comparison;
import dev.kiln.runtime.sim.isa.lane.PredicateStep;
import java.util.Optional;
import java.util.function.IntFunction;

/** A comparison that is also the step {@code setp}. */
abstract class VectorCompare extends Step implements Comparison {
  private final int target;

  /**
   * @param target index in {@code predicates}; not used if it does not run as a step
   */
  VectorCompare(int target) {
    this.target = target;
  }

  /**
   * The comparison for every destination.
   *
   * @param maker makes it for an index in {@code predicates}
   */
  static Comparison of(IntFunction<VectorCompare> maker) {
    VectorCompare comparison = maker.apply(0);
    return new Comparison() {
      @Override
      public int lanes(Warp warp) {
        return comparison.lanes(warp);
      }

      @Override
      public Optional<Step> setp(int target) {
        return Optional.of(maker.apply(target));
      }
    };
  }

  @Override
  public final void run(Warp warp) {
    PredicateStep.set(warp, target, lanes(warp));
  }
}
