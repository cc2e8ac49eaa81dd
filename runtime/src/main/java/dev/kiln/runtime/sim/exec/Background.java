package dev.kiln.runtime.sim.exec;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Work that goes on beside the threads of a cluster: bulk copies and what they signal. The executor
 * lets one operation happen whenever it turns from one warp to the next after a poll, and all of
 * them when no thread can go on or all have exited; so an operation happens some time after it was
 * issued, never at once.
 */
public final class Background {
  /**
   * Whether operations happen at random moments, by a schedule's seed, rather than as late as they
   * may. Set by the executor.
   */
  public boolean random;

  private final Deque<Runnable> operations = new ArrayDeque<>();

  /** Adds an operation, to happen later. */
  public void add(Runnable operation) {
    operations.add(operation);
  }

  /** The same for an operation whose faults are to name the step that began it. */
  public void add(Warp warp, Step step, Runnable operation) {
    int lanes = warp.active;
    operations.add(
        () -> {
          try {
            operation.run();
          } catch (RuntimeException e) {
            throw Faults.at(e, step, warp, lanes);
          }
        });
  }

  /** Lets the oldest operation happen; false if there is none. */
  public boolean advance() {
    Runnable operation = operations.poll();
    if (operation == null) {
      return false;
    }
    operation.run();
    return true;
  }

  public boolean isEmpty() {
    return operations.isEmpty();
  }
}
