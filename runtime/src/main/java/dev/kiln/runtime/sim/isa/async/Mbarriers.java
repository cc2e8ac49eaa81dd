package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.async.Place.InShared;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import dev.kiln.runtime.sim.monitor.Monitor.MbarrierEvent;
import java.lang.foreign.ValueLayout;

/** The mbarrier objects in shared memory: reading, changing, and telling the monitor. */
public final class Mbarriers {
  static final int BYTES = Long.BYTES;
  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;

  private Mbarriers() {}

  /**
   * Bytes that an asynchronous operation has brought arrive at a barrier.
   *
   * @param warp which issued the operation
   * @param step which issued it
   * @param lane which issued it
   * @param owner the block whose shared memory holds the barrier
   * @param offset where it lies there
   * @throws LaneFault if there is no barrier, or its transaction count leaves its range
   */
  public static void completeTx(
      Warp warp, Step step, int lane, Block owner, long offset, long bytes) {
    require(warp, step, lane, owner, offset);
    long word = load(owner, offset, lane);
    long next = MbarrierWord.expectTx(word, -bytes, lane);
    tell(warp, step, 0, owner, offset, MbarrierEvent.COMPLETES_ASYNC);
    store(warp, step, 0, owner, offset, word, next);
  }

  /** An asynchronous operation arrives once on behalf of a lane. */
  static void arriveLater(Warp warp, Step step, int lane, Block owner, long offset) {
    long word = load(owner, offset, lane);
    long next = MbarrierWord.arrive(word, 1, lane);
    tell(warp, step, 0, owner, offset, MbarrierEvent.COMPLETES_ASYNC);
    store(warp, step, 0, owner, offset, word, next);
  }

  /** Faults unless a barrier may lie at a place. */
  static void require(Warp warp, Step step, int lane, Block owner, long offset) {
    Toucher toucher = new Toucher(warp, step, lane, Access.Agent.BULK);
    Place.require(toucher, new InShared(owner, offset), BYTES, BYTES, Use.REDUCE);
  }

  /** The word of a barrier that has been initialised; the place has been checked. */
  static long load(Block owner, long offset, int lane) {
    long word = owner.shared.bytes().get(WORD, offset);
    if (!MbarrierWord.isValid(word)) {
      throw MbarrierWord.fault(
          lane,
          "there is no mbarrier at shared address 0x%x: it has %s"
              .formatted(
                  offset,
                  word == MbarrierWord.INVALID
                      ? "been invalidated"
                      : "not been initialised, or was overwritten"));
    }
    return word;
  }

  /** What keeps a phase of a barrier from ending, for messages. */
  static String describe(Block owner, long offset, int awaited) {
    long word = owner.shared.bytes().get(WORD, offset);
    String place = "the mbarrier at shared address 0x%x".formatted(offset);
    if (!MbarrierWord.isValid(word)) {
      return place + ", which is none any more,";
    }
    int phase = MbarrierWord.phase(word);
    return "%s, parity %d (its phase of parity %d misses %,d of %,d arrivals and %,d bytes)"
        .formatted(
            place,
            awaited,
            phase,
            MbarrierWord.pending(word),
            MbarrierWord.expected(word),
            MbarrierWord.tx(word));
  }

  /** Writes a barrier's new word; the phase may have ended. */
  static void store(
      Warp warp, Step step, int lanes, Block owner, long offset, long word, long next) {
    put(warp, owner, offset, next);
    if (MbarrierWord.phase(next) != MbarrierWord.phase(word)) {
      tell(warp, step, lanes, owner, offset, MbarrierEvent.PHASE_COMPLETES);
    }
  }

  /** Writes a word where there may have been no barrier. */
  static void put(Warp warp, Block owner, long offset, long word) {
    owner.shared.bytes().set(WORD, offset, word);
    owner.shared.markWritten(offset, BYTES);
    warp.changes++;
  }

  static void tell(Warp warp, Step step, int lanes, Block owner, long offset, MbarrierEvent event) {
    if (warp.monitor != null) {
      warp.monitor.mbarrier(warp, step, lanes, owner, offset, event);
    }
  }
}
