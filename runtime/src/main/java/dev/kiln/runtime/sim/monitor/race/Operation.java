package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An asynchronous operation. It comes after what its issuer knew when it issued it. Others come
 * after it once they know that it was waited for, or that it completed on an mbarrier.
 */
final class Operation {
  /** The number of an event that nobody can know. */
  static final int NEVER = Integer.MAX_VALUE;

  final WarpState warp;
  final Access.Agent agent;

  /** The warp's last event before it. */
  final int issued;

  /** Of {@code wgmma}: its number among the warp's. */
  final int number;

  private final int lanes;

  /** Lanes for which it has not been waited for. */
  private int open;

  private final View common;
  private final View[] views;

  /** The issuer's event after which it is over, for all lanes that have one of their own not. */
  private int awaited = NEVER;

  private int sourceAwaited = NEVER;
  private int[] awaitedOfLanes;

  /** Where it has completed. */
  private List<Signal> signals = List.of();

  /** Where lanes' parts of it have: of a copy, at each mbarrier that a lane bade to wait for it. */
  private List<LaneSignals> laneSignals = List.of();

  /** An event of an mbarrier: the operation's part in its block is complete. */
  private record Signal(MbarrierState barrier, int event) {}

  /**
   * Events of an mbarrier by lane.
   *
   * @param events {@link #NEVER} for lanes without one
   */
  private record LaneSignals(MbarrierState barrier, int[] events) {
    boolean known(View view, int kind, int lane) {
      int event = events[lane];
      return event != NEVER
          && view.clock(kind).of(barrier.block.number).knows(barrier.agent, event);
    }
  }

  Operation(WarpState warp, Access.Agent agent, int lanes) {
    this.warp = warp;
    this.agent = agent;
    this.lanes = lanes;
    this.open = lanes;
    this.issued = warp.publish();
    this.number = agent == Access.Agent.WGMMA ? warp.wgmma.issue() : 0;
    if (agent == Access.Agent.WGMMA) {
      // All lanes issue it together: it comes after what any of them knows.
      Gathering gathering = new Gathering();
      warp.gather(lanes, 0, gathering);
      this.common = gathering.total();
    } else {
      this.common = warp.isUniform() ? warp.view(0) : null;
    }
    this.views = common == null ? warp.views().clone() : null;
  }

  /** What the issuing lane knew. */
  View view(int lane) {
    return common != null ? common : views[lane];
  }

  boolean isUniform() {
    return common != null;
  }

  /** Whether a lane has not waited for it. */
  boolean isOpen(int lane) {
    return (open >>> lane & 1) != 0;
  }

  /** Lanes have waited for it; true if all have now. */
  boolean await(int lanes) {
    int event = warp.nextEvent();
    if (agent == Access.Agent.WGMMA) {
      warp.wgmma.await(number, event);
    }
    if (open == lanes && awaitedOfLanes == null) {
      awaited = event;
      sourceAwaited = Math.min(sourceAwaited, event);
    } else {
      if (awaitedOfLanes == null) {
        awaitedOfLanes = new int[Warp.LANES];
        Arrays.fill(awaitedOfLanes, NEVER);
      }
      for (int rest = lanes; rest != 0; rest &= rest - 1) {
        awaitedOfLanes[Integer.numberOfTrailingZeros(rest)] = event;
      }
    }
    open &= ~lanes;
    return open == 0;
  }

  /** Lanes have waited for its reads. */
  void awaitSource() {
    sourceAwaited = Math.min(sourceAwaited, warp.nextEvent());
  }

  /** It has completed on an mbarrier. */
  void complete(MbarrierState at) {
    signals = new ArrayList<>(signals);
    signals.add(new Signal(at, at.complete()));
  }

  /** Whether it has completed on an mbarrier for all lanes that issued it. */
  boolean isComplete() {
    if (!signals.isEmpty()) {
      return true;
    }
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (laneSignals.stream().allMatch(signal -> signal.events[lane] == NEVER)) {
        return false;
      }
    }
    return true;
  }

  /** Its part of a lane has. */
  void complete(MbarrierState at, int lane) {
    for (LaneSignals signal : laneSignals) {
      if (signal.barrier == at) {
        signal.events[lane] = at.complete();
        return;
      }
    }
    int[] events = new int[Warp.LANES];
    Arrays.fill(events, NEVER);
    events[lane] = at.complete();
    laneSignals = new ArrayList<>(laneSignals);
    laneSignals.add(new LaneSignals(at, events));
  }

  /**
   * The event of the issuing warp after which an access of it is over.
   *
   * @param lanes whose
   */
  int over(int lanes, boolean writes) {
    if (awaitedOfLanes == null) {
      return writes ? awaited : Math.min(awaited, sourceAwaited);
    }
    int last = 0;
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      last = Math.max(last, awaitedOfLanes[Integer.numberOfTrailingZeros(rest)]);
    }
    return last;
  }

  /** Whether somebody has waited for it, or an mbarrier told of its end. */
  boolean isOver(int ofLanes, boolean writes) {
    return over(ofLanes, writes) != NEVER || isComplete();
  }

  /**
   * Whether an mbarrier told a view that an access is over.
   *
   * @param kind an index of {@link View}
   * @param owner the block whose shared memory was touched; {@code null} for global memory
   */
  boolean isSignalled(View view, int kind, BlockState owner, int lanes) {
    for (Signal signal : signals) {
      BlockState at = signal.barrier.block;
      if ((owner == null || owner == at || signals.size() == 1)
          && view.clock(kind).of(at.number).knows(signal.barrier.agent, signal.event)) {
        return true;
      }
    }
    return !laneSignals.isEmpty() && isSignalled(view, kind, lanes);
  }

  private boolean isSignalled(View view, int kind, int lanes) {
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if (laneSignals.stream().noneMatch(signal -> signal.known(view, kind, lane))) {
        return false;
      }
    }
    return true;
  }

  /** "cp.async". */
  String title() {
    return switch (agent) {
      case THREAD -> throw new IllegalStateException("a thread");
      case COPY -> "cp.async";
      case BULK -> "the bulk copy";
      case WGMMA -> "wgmma";
    };
  }
}
