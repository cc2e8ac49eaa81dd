package dev.kiln.runtime.sim.isa.lane;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import java.util.function.ToIntFunction;

/** Writes a predicate: the function's bits for the active lanes. */
public final class PredicateStep extends Step {
  private final int target;
  private final ToIntFunction<Warp> function;

  /**
   * @param target index in {@code predicates}
   * @param function a bit for each lane; those of inactive lanes are not used
   */
  public PredicateStep(int target, ToIntFunction<Warp> function) {
    this.target = target;
    this.function = function;
  }

  @Override
  public void run(Warp warp) {
    set(warp, target, function.applyAsInt(warp));
  }

  /** Sets the active lanes' bits of a predicate. */
  public static void set(Warp warp, int target, int lanes) {
    int active = warp.active;
    warp.predicates[target] = warp.predicates[target] & ~active | lanes & active;
  }
}
