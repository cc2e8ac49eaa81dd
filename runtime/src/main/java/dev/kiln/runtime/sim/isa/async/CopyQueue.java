package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Background;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import java.util.ArrayList;
import java.util.List;

/**
 * The {@code cp.async} operations of a warp that have not happened yet, in the order of issue. They
 * happen when a wait covers them, both their reads and their writes; under a schedule with a seed
 * at a random moment before.
 */
final class CopyQueue {
  private static final Attachment<Warp, CopyQueue> KEY = new Attachment<>(CopyQueue::new);

  private final Warp warp;
  private final LaneGroups groups = new LaneGroups();
  private final List<PendingCopy> pending = new ArrayList<>();
  private final List<PendingCopy> free = new ArrayList<>();

  private long issued;

  private CopyQueue(Warp warp) {
    this.warp = warp;
  }

  static CopyQueue of(Warp warp) {
    return warp.attached(KEY);
  }

  /** An operation of some of the lanes, those whose groups have the same number. */
  PendingCopy add(CopyStep step, int lanes) {
    PendingCopy copy = free.isEmpty() ? new PendingCopy() : free.removeLast();
    copy.step = step;
    copy.lanes = groups.alike(lanes);
    copy.group = groups.current(Integer.numberOfTrailingZeros(lanes));
    copy.number = issued++;
    copy.operation = AsyncEvents.begin(warp, step, copy.lanes, Access.Agent.COPY);
    copy.unawaited = copy.operation == null ? 0 : copy.lanes;
    pending.add(copy);
    Background background = warp.block.cluster.background;
    if (background.random) {
      long number = copy.number;
      background.add(warp, step, () -> finish(number));
    }
    return copy;
  }

  /** Lets an operation happen, if it has not yet. */
  private void finish(long number) {
    int kept = 0;
    for (int i = 0; i < pending.size(); i++) {
      PendingCopy copy = pending.get(i);
      if (copy.number == number) {
        happen(copy, copy.lanes);
      }
      kept = keep(i, kept);
    }
    truncate(kept);
  }

  /** Number of operations issued so far. */
  long issued() {
    return issued;
  }

  void commit(Step step, int lanes) {
    groups.commit(warp, lanes);
    if (warp.monitor != null) {
      warp.monitor.asyncCommits(warp, step, lanes, Access.Agent.COPY);
    }
  }

  /** Waits until at most a number of the lanes' latest groups are pending. */
  void await(Step step, int lanes, int left) {
    if (warp.monitor != null) {
      warp.monitor.asyncWaits(warp, step, lanes, Access.Agent.COPY, left);
    }
    int kept = 0;
    for (int i = 0; i < pending.size(); i++) {
      PendingCopy copy = pending.get(i);
      int due = (copy.lanes | copy.unawaited) & lanes;
      if (due != 0) {
        due = groups.awaiting(due, copy.group, left);
      }
      if (due != 0) {
        await(copy, step, due);
      }
      kept = keep(i, kept);
    }
    truncate(kept);
  }

  /** Who watches hears of the wait for what has happened at random before it, too. */
  private void await(PendingCopy copy, Step step, int lanes) {
    happen(copy, copy.lanes & lanes);
    if (copy.operation != null) {
      copy.unawaited &= ~lanes;
      warp.monitor.asyncAwaited(copy.operation, warp, step, lanes);
    }
  }

  /** Lets everything happen that a lane has issued before a number of operations was reached. */
  void finish(int lane, long issuedBefore) {
    int kept = 0;
    for (int i = 0; i < pending.size(); i++) {
      PendingCopy copy = pending.get(i);
      if (((copy.lanes | copy.unawaited) >>> lane & 1) != 0 && copy.number - issuedBefore < 0) {
        copy.unawaited &= ~(1 << lane); // no group is waited for: a barrier is
        happen(copy, copy.lanes & 1 << lane);
      }
      kept = keep(i, kept);
    }
    truncate(kept);
  }

  private void happen(PendingCopy copy, int lanes) {
    if (lanes == 0) {
      return;
    }
    warp.access.operation = copy.operation;
    copy.step.happen(warp, copy, lanes);
    warp.access.operation = null;
    copy.lanes &= ~lanes;
    if (copy.lanes == 0) {
      AsyncEvents.end(warp, copy.operation);
    }
  }

  private int keep(int index, int kept) {
    PendingCopy copy = pending.get(index);
    if ((copy.lanes | copy.unawaited) == 0) {
      free.add(copy);
      return kept;
    }
    pending.set(kept, copy);
    return kept + 1;
  }

  private void truncate(int kept) {
    while (pending.size() > kept) {
      pending.removeLast();
    }
  }
}
