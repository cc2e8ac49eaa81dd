package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The {@code wgmma} operations of a warp that nobody has waited for. An operation happens when a
 * wait covers it, or at a random moment before where the schedule is random; operations of a warp
 * happen in order.
 */
public final class WgmmaState {
  /** A warp's own. */
  public static final Attachment<Warp, WgmmaState> KEY = new Attachment<>(WgmmaState::new);

  private final Warp warp;
  private final List<WgmmaOperation> open = new ArrayList<>();
  private final Deque<List<WgmmaOperation>> groups = new ArrayDeque<>();
  private boolean fenced;
  private long committed;

  private WgmmaState(Warp warp) {
    this.warp = warp;
  }

  /**
   * Whether {@code wgmma.fence} has been executed since {@link #registersTouched} or, without such
   * a call, at all.
   */
  public boolean fenced() {
    return fenced;
  }

  /** Notes that an instruction other than {@code wgmma} has accessed registers of products. */
  public void registersTouched() {
    fenced = false;
  }

  /** Operations that have been issued, but not committed to a group. */
  public int uncommitted() {
    return open.size();
  }

  /** Groups that have been committed, but not waited for. */
  public int pendingGroups() {
    return groups.size();
  }

  /** Groups that have ever been committed. */
  long committed() {
    return committed;
  }

  /**
   * The step of the oldest operation that has a register in flight, {@code null} if none has: an
   * accumulator that it reads and writes, or a part of A that it reads.
   *
   * @param slot of the register in {@link Warp#words}
   * @param writes whether the register is about to be written; A may be read
   */
  public Step holder(int slot, boolean writes) {
    for (List<WgmmaOperation> group : groups) {
      for (WgmmaOperation operation : group) {
        if (operation.holds(slot, writes)) {
          return operation.step;
        }
      }
    }
    for (WgmmaOperation operation : open) {
      if (operation.holds(slot, writes)) {
        return operation.step;
      }
    }
    return null;
  }

  void fence() {
    fenced = true;
  }

  void issue(WgmmaOperation operation) {
    open.add(operation);
    if (warp.block.cluster.background.random) {
      warp.block.cluster.background.add(warp, operation.step, () -> completeUntil(operation));
    }
  }

  void commit(Step step) {
    groups.add(List.copyOf(open));
    open.clear();
    committed++;
    if (warp.monitor != null) {
      warp.monitor.asyncCommits(warp, step, Warp.FULL, Access.Agent.WGMMA);
    }
  }

  /** Lets everything happen up to a group, by its number from 1; the wait for it comes later. */
  void completeGroups(long last) {
    long number = committed - groups.size();
    for (List<WgmmaOperation> group : groups) {
      if (++number > last) {
        return;
      }
      group.forEach(WgmmaOperation::complete);
    }
  }

  /**
   * Waits until at most so many groups are pending, where all warps of the warpgroup have come so
   * far.
   *
   * @param step the wait
   */
  void await(int most, Step step) {
    if (warp.monitor != null) {
      warp.monitor.asyncWaits(warp, step, Warp.FULL, Access.Agent.WGMMA, most);
    }
    while (groups.size() > most) {
      for (WgmmaOperation operation : groups.remove()) {
        operation.complete();
        if (operation.event != null) {
          warp.monitor.asyncAwaited(operation.event, warp, step, Warp.FULL);
        }
      }
    }
  }

  /** Lets all operations up to one happen, unless they have. */
  private void completeUntil(WgmmaOperation last) {
    if (last.completed()) {
      return;
    }
    for (List<WgmmaOperation> group : groups) {
      for (WgmmaOperation operation : group) {
        operation.complete();
        if (operation == last) {
          return;
        }
      }
    }
    for (WgmmaOperation operation : open) {
      operation.complete();
      if (operation == last) {
        return;
      }
    }
  }
}
