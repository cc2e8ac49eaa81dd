package dev.kiln.runtime.sim.exec;

/**
 * One decoded instruction. It holds where its operands lie in a warp's register file, and executes
 * for the lanes that are {@linkplain Warp#active active}; registers of other lanes must not change.
 * The guard predicate has been applied to that mask. Immutable while it runs, shared by all warps.
 */
public abstract class Step {
  private Site site;

  /** The guard's slot in {@link Warp#predicates}; -1 without a guard. For the executor. */
  int guard = -1;

  /** All ones if the guard is negated, else 0. */
  int guardFlip;

  /** What this step was decoded from. */
  public final Site site() {
    return site;
  }

  /** Set once, when the program is put together. */
  public final void place(Site newSite) {
    site = newSite;
  }

  /** Sets the guard, {@code @%p} or {@code @!%p}. */
  public final void guardedBy(int predicate, boolean negated) {
    guard = predicate;
    guardFlip = negated ? -1 : 0;
  }

  /**
   * Whether the blocks of a launch have to run one after the other for its outcome to be always the
   * same: where the result of an atomic operation on global memory is used, or floats are added up
   * there.
   */
  public boolean ordersBlocks() {
    return false;
  }

  /**
   * Executes for the active lanes, at least one.
   *
   * @throws LaneFault if the instruction cannot be executed
   */
  public abstract void run(Warp warp);
}
