package dev.kiln.runtime.sim.exec;

/**
 * A step in which several lanes of a warp take part together: shuffles, votes, {@code bar.warp},
 * matrix instructions, everything {@code .sync}. The executor brings the lanes together: {@link
 * #run} is called once, with all of them active.
 */
public abstract class WarpSyncStep extends Step {
  /** Every lane of the warp that has not exited: what {@code .aligned} asks for. */
  public static final int ALL = -1;

  /**
   * The lanes that have to take part, for a lane that arrives. Lanes that have exited are taken out
   * of it by the executor.
   *
   * @param lane one of the active ones
   */
  public abstract int members(Warp warp, int lane);

  /**
   * Whether {@link #members} is the same for all lanes at all times: {@link #ALL}, or a literal
   * mask. Lets a warp whose lanes are together go on without asking each of them.
   */
  public boolean fixedMembers() {
    return false;
  }

  /**
   * Whether lanes at this step and lanes at the other meet; {@code bar.warp.sync} may be anywhere.
   */
  public boolean meets(WarpSyncStep other) {
    return this == other;
  }

  /**
   * Executes for lanes that have met at different steps.
   *
   * @param steps of the active lanes; {@code null} for the others
   */
  public void runTogether(Warp warp, WarpSyncStep[] steps) {
    run(warp);
  }
}
