package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.LaneFault;

/**
 * The 64 bits of an mbarrier object: 20 bits of pending arrivals, 20 of the arrivals that each
 * phase expects, 21 of the signed transaction count, the phase's parity, and a mark that sets it
 * apart from memory that was never initialised. PTX ISA, "mbarrier contents". The state that {@code
 * arrive} returns is the word before the arrival.
 *
 * <p>All methods take the lane at fault, for messages.
 */
final class MbarrierWord {
  /** Largest count of each kind, 2^20 - 1. */
  static final int LIMIT = (1 << 20) - 1;

  /** What {@code mbarrier.inval} leaves behind. */
  static final long INVALID = 0xdead_0000_0000_0000L;

  private static final int EXPECTED_SHIFT = 20;
  private static final int TX_SHIFT = 40;
  private static final int PHASE_SHIFT = 61;
  private static final long MARK = 0b10L << 62;
  private static final long MARK_BITS = 0b11L << 62;

  private MbarrierWord() {}

  private static long pack(long pending, long expected, long tx, int phase) {
    return MARK
        | (long) phase << PHASE_SHIFT
        | (tx & (1L << 21) - 1) << TX_SHIFT
        | expected << EXPECTED_SHIFT
        | pending;
  }

  /** A barrier in its first phase. */
  static long initial(int count, int lane) {
    if (count < 1 || count > LIMIT) {
      throw fault(
          lane,
          "mbarrier.init with an arrival count of "
              + Integer.toUnsignedString(count)
              + ", which must be 1 to 2^20-1");
    }
    return pack(count, count, 0, 0);
  }

  static int pending(long word) {
    return (int) word & LIMIT;
  }

  static int expected(long word) {
    return (int) (word >>> EXPECTED_SHIFT) & LIMIT;
  }

  /** Transactions that are still to come; below 0 if they came before they were expected. */
  static int tx(long word) {
    return (int) (word << 3 >> TX_SHIFT + 3);
  }

  /** Parity of the phase that is not complete yet. */
  static int phase(long word) {
    return (int) (word >>> PHASE_SHIFT) & 1;
  }

  /** Whether the bits can be those of an mbarrier. */
  static boolean isValid(long word) {
    return (word & MARK_BITS) == MARK && tx(word) >= -LIMIT && word != INVALID;
  }

  /** Adds arrivals that will be made later: {@code cp.async.mbarrier.arrive} without noinc. */
  static long addPending(long word, int count, int lane) {
    int pending = pending(word) + count;
    if (pending > LIMIT) {
      throw fault(lane, "the mbarrier's pending count would exceed 2^20-1");
    }
    return pack(pending, expected(word), tx(word), phase(word));
  }

  /** Adds to the transaction count; the phase may end. */
  static long expectTx(long word, long bytes, int lane) {
    return settle(pending(word), expected(word), checkedTx(tx(word) + bytes, lane), phase(word));
  }

  /** Arrives. */
  static long arrive(long word, int count, int lane) {
    return settle(arrived(word, count, lane), expected(word), tx(word), phase(word));
  }

  /** Arrives without being the one that completes the phase. */
  static long arriveNoComplete(long word, int count, int lane) {
    long next = arrive(word, count, lane);
    if (phase(next) != phase(word)) {
      throw fault(lane, "mbarrier.arrive.noComplete would complete the phase");
    }
    return next;
  }

  /** Lowers what later phases expect. To be followed by the arrival itself. */
  static long drop(long word, int count, int lane) {
    int expected = expected(word) - count;
    if (count < 0 || expected < 0) {
      throw fault(
          lane,
          "mbarrier.arrive_drop of "
              + Integer.toUnsignedString(count)
              + " where "
              + expected(word)
              + " arrivals are expected");
    }
    return pack(pending(word), expected, tx(word), phase(word));
  }

  private static int arrived(long word, int count, int lane) {
    if (count < 1 || count > LIMIT) {
      throw fault(
          lane,
          "an arrival with count "
              + Integer.toUnsignedString(count)
              + ", which must be 1 to 2^20-1");
    }
    int pending = pending(word) - count;
    if (pending < 0) {
      throw fault(
          lane,
          "mbarrier overrun: "
              + count
              + (count == 1 ? " arrival" : " arrivals")
              + " where the phase awaits only "
              + pending(word));
    }
    return pending;
  }

  /** Ends the phase if nothing is missing. */
  private static long settle(int pending, int expected, long tx, int phase) {
    return pending == 0 && tx == 0
        ? pack(expected, expected, 0, phase ^ 1)
        : pack(pending, expected, tx, phase);
  }

  private static long checkedTx(long tx, int lane) {
    if (tx < -LIMIT || tx > LIMIT) {
      throw fault(
          lane, "the mbarrier's transaction count would be " + tx + ", beyond the limit of 2^20-1");
    }
    return tx;
  }

  static LaneFault fault(int lane, String message) {
    return new LaneFault(LaneFault.Kind.BARRIER, lane, message);
  }
}
