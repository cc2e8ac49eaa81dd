package dev.kiln.runtime.sim.program;

import java.util.Arrays;
import java.util.BitSet;
import java.util.PriorityQueue;

/**
 * Slots for the registers of a function, by linear scan (Poletto and Sarkar, "Linear scan register
 * allocation", 1999) with as many slots as are needed. Slots count from 0 for each function; those
 * of 128 bits come first among the wides.
 */
final class SlotAllocation {
  private final int[] slots;
  private final int words;
  private final int wides;
  private final int predicates;

  SlotAllocation(RegisterTable registers, LiveIntervals intervals) {
    this.slots = new int[registers.size()];
    int count = registers.size();
    long[] order = new long[count];
    int used = 0;
    for (int register = 0; register < count; register++) {
      slots[register] = -1;
      if (intervals.first(register) >= 0) {
        order[used++] = (long) intervals.first(register) << 32 | register;
      }
    }
    Arrays.sort(order, 0, used);
    Scan[] scans = new Scan[Bank.values().length];
    Arrays.setAll(scans, bank -> new Scan());
    for (int i = 0; i < used; i++) {
      int register = (int) order[i];
      slots[register] =
          scans[registers.bank(register).ordinal()].take(
              intervals.first(register), intervals.last(register));
    }
    int quads = scans[Bank.QUAD.ordinal()].count;
    for (int register = 0; register < count; register++) {
      if (slots[register] >= 0) {
        switch (registers.bank(register)) {
          case QUAD -> slots[register] *= 2;
          case WIDE -> slots[register] += 2 * quads;
          case WORD, PREDICATE -> {}
        }
      }
    }
    this.words = scans[Bank.WORD.ordinal()].count;
    this.wides = scans[Bank.WIDE.ordinal()].count + 2 * quads;
    this.predicates = scans[Bank.PREDICATE.ordinal()].count;
  }

  /** A register's slot within its bank; -1 if the register is not used. */
  int slot(int register) {
    return slots[register];
  }

  int words() {
    return words;
  }

  int wides() {
    return wides;
  }

  int predicates() {
    return predicates;
  }

  /** The slots of one bank while lines go by. */
  private static final class Scan {
    private final BitSet taken = new BitSet();

    /** Last line and slot of what is alive. */
    private final PriorityQueue<Long> alive = new PriorityQueue<>();

    private int count;

    int take(int first, int last) {
      while (!alive.isEmpty() && alive.peek() >>> 32 < first) {
        taken.clear((int) (long) alive.poll());
      }
      int slot = taken.nextClearBit(0);
      taken.set(slot);
      alive.add((long) last << 32 | slot);
      count = Math.max(count, slot + 1);
      return slot;
    }
  }
}
