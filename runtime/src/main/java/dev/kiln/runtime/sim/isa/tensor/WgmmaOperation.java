package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.async.AsyncEvents;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.monitor.Monitor.AsyncOperation;

/** One {@code wgmma.mma_async} of a warp, from its issue until it has happened. */
final class WgmmaOperation {
  final WgmmaMultiply step;
  final long descriptorOfA;
  final long descriptorOfB;
  final boolean adds;

  /** {@code null} if nobody listens. */
  final AsyncOperation event;

  private final Warp warp;
  private boolean completed;

  /**
   * @param adds whether D is added to, not replaced
   */
  WgmmaOperation(
      Warp warp, WgmmaMultiply step, long descriptorOfA, long descriptorOfB, boolean adds) {
    this.warp = warp;
    this.step = step;
    this.descriptorOfA = descriptorOfA;
    this.descriptorOfB = descriptorOfB;
    this.adds = adds;
    this.event = AsyncEvents.begin(warp, step, Warp.FULL, Access.Agent.WGMMA);
  }

  boolean completed() {
    return completed;
  }

  /** Lets it happen, unless it has. */
  void complete() {
    if (completed) {
      return;
    }
    completed = true;
    try {
      warp.access.operation = event;
      step.multiply(warp, this);
      warp.access.operation = null;
    } catch (LaneFault fault) {
      throw new LaneFault(
          fault.kind(),
          fault.lane(),
          fault.getMessage() + "; a matrix of " + step.mnemonic() + place());
    }
    AsyncEvents.end(warp, event);
  }

  private String place() {
    return step.site() == null ? "" : " in line " + step.site().line();
  }

  boolean holds(int slot, boolean writes) {
    return contains(step.accumulators(), slot) || writes && contains(step.sources(), slot);
  }

  private static boolean contains(int[] slots, int slot) {
    for (int each : slots) {
      if (each == slot) {
        return true;
      }
    }
    return false;
  }
}
