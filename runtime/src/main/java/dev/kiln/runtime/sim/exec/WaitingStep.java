package dev.kiln.runtime.sim.exec;

/**
 * A step at which lanes may have to stay until others of their block or cluster have done
 * something: barriers. The executor calls {@link #arrive} once for the lanes that come together,
 * keeps them at the step as long as what it returned is not over, and then calls {@link #leave} for
 * them.
 */
public abstract class WaitingStep extends Step {
  /**
   * Whether all lanes of the warp that have not exited ought to come at once ({@code .aligned}).
   * The executor then gathers them first, as far as they can come; a warp of which only some lanes
   * can come arrives with these.
   */
  public abstract boolean aligned();

  /**
   * The active lanes arrive.
   *
   * @return what they wait for; {@code null} if they go on at once
   */
  public abstract Wait arrive(Warp warp);

  /** The active lanes, some of those that arrived together, go on after having waited. */
  public void leave(Warp warp, Wait wait) {}

  @Override
  public final void run(Warp warp) {
    throw new IllegalStateException("the executor runs a waiting step");
  }

  /** What lanes wait for. */
  public interface Wait {
    /** Whether they may go on. Once true, it stays true. */
    boolean over();

    /** For messages, after "waits for": "barrier 0 (2 of 4 warps have arrived)". */
    String describe();
  }
}
