package dev.kiln.runtime.sim.exec;

import java.util.List;

/**
 * A step that can be joined with its neighbours into one, which then runs in their place. It has no
 * effect but on registers of the active lanes, and does not fail.
 */
public interface Joinable {
  /** Whether this one can; others of its class may not. */
  boolean joins();

  /**
   * Makes one step that does what several do in order; they have no guards. May take seconds, for
   * it comes back when the step is fast.
   *
   * @param steps this one first
   * @return {@code null} if nothing is gained
   */
  Step joined(List<Joinable> steps);
}
