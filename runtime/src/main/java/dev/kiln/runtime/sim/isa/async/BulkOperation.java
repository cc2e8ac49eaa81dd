package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.async.Place.InShared;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Monitor.AsyncOperation;
import java.util.List;

/**
 * A bulk operation of one lane: queued when it is issued, done once, whenever the first of the
 * background and a wait for its group gets to it. Its source may be read before.
 */
abstract class BulkOperation implements Runnable {
  /** Touches memory for the operation. */
  final Toucher toucher;

  /** Barriers that get the bytes when all is done; empty if the operation counts in a group. */
  private final List<InShared> barriers;

  /** The region of global memory found last. */
  private Region found;

  private AsyncOperation event;
  private boolean done;

  /**
   * @param barriers one for each block that gets the bytes
   */
  BulkOperation(Toucher toucher, List<InShared> barriers) {
    this.toucher = toucher;
    this.barriers = barriers;
  }

  static Toucher toucher(Warp warp, Step step, int lane) {
    return new Toucher(warp, step, lane, Access.Agent.BULK);
  }

  /** Checks that barriers may lie where they should. */
  final void requireBarriers() {
    for (InShared barrier : barriers) {
      Mbarriers.require(
          toucher.warp(), toucher.step(), toucher.lane(), barrier.owner(), barrier.offset());
    }
  }

  /** The region that holds a range of global memory, which faults if there is none. */
  final Region global(long address, long bytes, Use use) {
    if (found == null || found.freed() || !found.holds(address, bytes)) {
      Place.require(toucher, address, bytes, 1, use);
      found = toucher.warp().block.grid.memory.global().find(address);
    }
    return found;
  }

  /** Whether nobody has to be told of what is touched. */
  final boolean isUnseen() {
    return toucher.warp().monitor == null;
  }

  /** Puts the operation beside the threads. */
  final void issue() {
    Warp warp = toucher.warp();
    event = AsyncEvents.begin(warp, toucher.step(), 1 << toucher.lane(), Access.Agent.BULK);
    warp.block.cluster.background.add(warp, toucher.step(), this);
    if (barriers.isEmpty()) {
      BulkGroups.of(warp).add(this);
    }
  }

  final int lane() {
    return toucher.lane();
  }

  final AsyncOperation event() {
    return event;
  }

  final boolean isDone() {
    return done;
  }

  /** Does it, unless that has been done. */
  @Override
  public final void run() {
    if (done) {
      return;
    }
    done = true;
    Warp warp = toucher.warp();
    warp.access.operation = event;
    transfer();
    warp.access.operation = null;
    if (event != null) {
      for (InShared barrier : barriers) {
        warp.monitor.asyncSignals(event, barrier.owner(), barrier.offset());
      }
    }
    AsyncEvents.end(warp, event);
    for (InShared barrier : barriers) {
      Mbarriers.completeTx(
          warp, toucher.step(), toucher.lane(), barrier.owner(), barrier.offset(), size());
    }
  }

  /** Bytes that count for the barriers. */
  abstract long size();

  /** Moves the bytes. */
  abstract void transfer();

  /** Reads the source now, so that it may be changed; the destination is written later. */
  final void readAhead() {
    Warp warp = toucher.warp();
    warp.access.operation = event;
    readSource();
    warp.access.operation = null;
  }

  /** Reads the source, unless that has been done. */
  abstract void readSource();
}
