package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import java.util.ArrayList;
import java.util.List;

/** The bulk operations of a warp that are waited for in groups. */
final class BulkGroups {
  private static final Attachment<Warp, BulkGroups> KEY = new Attachment<>(BulkGroups::new);

  private final Warp warp;
  private final LaneGroups groups = new LaneGroups();
  private final List<Member> pending = new ArrayList<>();

  private record Member(BulkOperation operation, int group) {}

  private BulkGroups(Warp warp) {
    this.warp = warp;
  }

  static BulkGroups of(Warp warp) {
    return warp.attached(KEY);
  }

  void add(BulkOperation operation) {
    pending.add(new Member(operation, groups.current(operation.lane())));
  }

  void commit(Step step, int lanes) {
    groups.commit(warp, lanes);
    if (warp.monitor != null) {
      warp.monitor.asyncCommits(warp, step, lanes, Access.Agent.BULK);
    }
  }

  /**
   * Waits until at most a number of the lanes' latest groups are pending.
   *
   * @param read whether it is enough that sources have been read
   */
  void await(Step step, int lanes, int left, boolean read) {
    if (warp.monitor != null) {
      warp.monitor.asyncWaits(warp, step, lanes, Access.Agent.BULK, left);
    }
    for (Member member : pending) {
      BulkOperation operation = member.operation;
      int lane = 1 << operation.lane();
      if (groups.awaiting(lanes & lane, member.group, left) == 0) {
        continue;
      }
      if (read) {
        operation.readAhead();
      } else {
        operation.run();
      }
      if (operation.event() != null) {
        if (read) {
          warp.monitor.asyncSourceAwaited(operation.event(), warp, step, lane);
        } else {
          warp.monitor.asyncAwaited(operation.event(), warp, step, lane);
        }
      }
    }
    if (!read) {
      pending.removeIf(
          member -> groups.awaiting(lanes & 1 << member.operation.lane(), member.group, left) != 0);
    }
  }
}
