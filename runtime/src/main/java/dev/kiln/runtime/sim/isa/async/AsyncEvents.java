package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.monitor.Monitor.AsyncOperation;
import java.util.concurrent.atomic.AtomicLong;

/** What monitors hear of asynchronous operations. */
public final class AsyncEvents {
  private static final AtomicLong NUMBERS = new AtomicLong();

  private AsyncEvents() {}

  /** An operation begins; {@code null} if nobody listens. */
  public static AsyncOperation begin(Warp warp, Step step, int lanes, Access.Agent agent) {
    if (warp.monitor == null) {
      return null;
    }
    var operation = new AsyncOperation(NUMBERS.incrementAndGet(), agent, warp, lanes, step);
    warp.monitor.asyncBegins(operation);
    return operation;
  }

  public static void end(Warp warp, AsyncOperation operation) {
    if (operation != null) {
      warp.monitor.asyncEnds(operation);
    }
  }
}
