package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Agent;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Monitor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Groups of {@code cp.async}, bulk operations and {@code wgmma}: what is issued has to be committed
 * before all groups are waited for, and waited for before the threads exit.
 */
final class GroupCheck implements Monitor {
  private static final Attachment<Warp, List<Issued>> ISSUED =
      new Attachment<>(warp -> new ArrayList<>());

  private final BitSet grouped;
  private final Reporter reporter;

  GroupCheck(Instructions instructions, Reporter reporter) {
    this.grouped = instructions.all(Instructions::isBulkGrouped);
    this.reporter = reporter;
  }

  /** An operation, the lanes that have not committed it, and those that have not waited for it. */
  private static final class Issued {
    private final AsyncOperation operation;
    private int open;
    private int pending;

    Issued(AsyncOperation operation) {
      this.operation = operation;
      this.open = operation.lanes();
      this.pending = operation.lanes();
    }
  }

  @Override
  public boolean hearsIssues() {
    return false;
  }

  @Override
  public boolean hearsAccesses() {
    return false;
  }

  @Override
  public void asyncBegins(AsyncOperation operation) {
    boolean byBarrier = operation.agent() == Agent.BULK && !grouped.get(pc(operation.step()));
    if (!byBarrier) {
      operation.warp().attached(ISSUED).add(new Issued(operation));
    }
  }

  private static int pc(Step step) {
    return step.site().pc();
  }

  @Override
  public void asyncCommits(Warp warp, Step step, int lanes, Agent agent) {
    for (Issued issued : warp.attached(ISSUED)) {
      if (issued.operation.agent() == agent) {
        issued.open &= ~lanes;
      }
    }
  }

  @Override
  public void asyncAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
    List<Issued> all = warp.attached(ISSUED);
    for (int i = 0; i < all.size(); i++) {
      Issued issued = all.get(i);
      if (issued.operation == operation) {
        issued.open &= ~lanes;
        issued.pending &= ~lanes;
        if (issued.pending == 0) {
          all.remove(i);
        }
        return;
      }
    }
  }

  /** Shared memory is free then, and what was copied lies elsewhere. */
  @Override
  public void asyncSourceAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
    asyncAwaited(operation, warp, step, lanes);
  }

  /** Copies that an mbarrier tracks need no group. */
  @Override
  public void mbarrier(
      Warp warp, Step step, int lanes, Block owner, long address, MbarrierEvent event) {
    if (event == MbarrierEvent.TRACKS_COPIES) {
      List<Issued> all = warp.attached(ISSUED);
      for (Issued issued : all) {
        if (issued.operation.agent() == Agent.COPY) {
          issued.open &= ~lanes;
          issued.pending &= ~lanes;
        }
      }
      all.removeIf(issued -> issued.pending == 0);
    }
  }

  @Override
  public void asyncWaits(Warp warp, Step step, int all, Agent agent, int left) {
    if (left != 0) {
      return;
    }
    for (Issued issued : warp.attached(ISSUED)) {
      int lanes = issued.open & all;
      if (lanes != 0 && issued.operation.agent() == agent) {
        reporter.report(
            warp,
            step,
            lanes,
            Finding.Place.of(issued.operation.step(), warp, -1),
            () -> "waits for all groups, but not for an operation that was not committed to one");
      }
    }
  }

  @Override
  public void exits(Warp warp, int lanes) {
    for (Issued issued : warp.attached(ISSUED)) {
      int open = issued.open & lanes;
      int pending = issued.pending & lanes;
      if (pending != 0) {
        reporter.report(
            warp,
            issued.operation.step(),
            pending,
            () ->
                open != 0
                    ? "the thread exits without having committed this operation to a group"
                    : "the thread exits without having waited for this operation's group");
      }
    }
  }
}
