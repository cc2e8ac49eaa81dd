package dev.kiln.runtime.sim.program;

import java.util.Arrays;

/**
 * For each register the range of lines, in the order of the text, within which its value may be
 * needed. A write under a guard does not end the life of the value before it; but where no write at
 * all can have happened yet, there is no value to keep.
 *
 * <p>Two registers may share a slot if their ranges have no line in common; so a line's destination
 * never shares a slot with another register that the line reads.
 */
final class LiveIntervals {
  private static final int UNUSED = -1;

  /**
   * So many steps along edges may all registers take together: a second or two. Those that are left
   * then live everywhere, which costs slots, not time; no honest text comes near.
   */
  private static final long MOST_WORK = 1L << 27;

  private final ControlFlow flow;
  private final int[] first;
  private final int[] last;

  /** Blocks that read a register before they have written it for all lanes. */
  private final IntList[] exposed;

  /** Blocks that write it at all, and those that write it for all lanes. */
  private final IntList[] writing;

  private final IntList[] killing;

  // Marks of blocks, valid for the register that they name.
  private final int[] liveIn;
  private final int[] kills;
  private final int[] writes;
  private final int[] written;

  private final IntList work = new IntList();
  private final IntList live = new IntList();
  private long left;

  LiveIntervals(ControlFlow flow, LineRecord[] records, int registers) {
    this(flow, records, registers, MOST_WORK);
  }

  LiveIntervals(ControlFlow flow, LineRecord[] records, int registers, long mostWork) {
    this.flow = flow;
    this.left = mostWork;
    this.first = new int[registers];
    this.last = new int[registers];
    this.exposed = new IntList[registers];
    this.writing = new IntList[registers];
    this.killing = new IntList[registers];
    this.liveIn = marks();
    this.kills = marks();
    this.writes = marks();
    this.written = marks();
    Arrays.fill(first, UNUSED);
    for (int block = 0; block < flow.blocks(); block++) {
      scan(block, records);
    }
    for (int register = 0; register < registers; register++) {
      if (exposed[register] != null && left > 0) {
        extend(register);
      } else if (exposed[register] != null) {
        touch(register, 0);
        touch(register, records.length - 1);
      }
    }
    pin(records);
  }

  /** First line of the range; -1 if the register is not used. */
  int first(int register) {
    return first[register];
  }

  /** Last line of the range, inclusive. */
  int last(int register) {
    return last[register];
  }

  private int[] marks() {
    int[] marks = new int[flow.blocks()];
    Arrays.fill(marks, UNUSED);
    return marks;
  }

  private void scan(int block, LineRecord[] records) {
    for (int line = flow.start(block); line < flow.end(block); line++) {
      LineRecord record = records[line];
      for (int i = 0; i < record.uses.size(); i++) {
        int register = record.uses.get(i);
        touch(register, line);
        if (!ends(killing[register], block)) {
          exposed[register] = note(exposed[register], block);
        }
      }
      for (int i = 0; i < record.targets.size(); i++) {
        int register = record.targets.get(i);
        touch(register, line);
        writing[register] = note(writing[register], block);
        if (!record.guarded) {
          killing[register] = note(killing[register], block);
        }
      }
      for (int i = 0; i < record.temporaries.size(); i++) {
        touch(record.temporaries.get(i), line);
      }
    }
  }

  private static boolean ends(IntList blocks, int block) {
    return blocks != null && blocks.get(blocks.size() - 1) == block;
  }

  private static IntList note(IntList blocks, int block) {
    if (ends(blocks, block)) {
      return blocks;
    }
    IntList list = blocks == null ? new IntList() : blocks;
    list.add(block);
    return list;
  }

  private void touch(int register, int line) {
    if (first[register] == UNUSED) {
      first[register] = line;
      last[register] = line;
    } else {
      first[register] = Math.min(first[register], line);
      last[register] = Math.max(last[register], line);
    }
  }

  /** Extends a register's range over the blocks through which its value lives. */
  private void extend(int register) {
    mark(killing[register], kills, register);
    mark(writing[register], writes, register);
    live.clear();
    for (int i = 0; i < exposed[register].size(); i++) {
      enter(exposed[register].get(i), register);
    }
    for (int i = 0; i < live.size(); i++) {
      left -= 1 + flow.predecessors(live.get(i)).length;
      for (int before : flow.predecessors(live.get(i))) {
        if (kills[before] != register) {
          enter(before, register);
        }
      }
    }
    findWritten(register);
    for (int i = 0; i < live.size(); i++) {
      int block = live.get(i);
      if (written[block] != register) {
        continue;
      }
      touch(register, flow.start(block));
      for (int before : flow.predecessors(block)) {
        if (writes[before] == register || written[before] == register) {
          touch(register, flow.end(before) - 1);
        }
      }
    }
  }

  private void enter(int block, int register) {
    if (liveIn[block] != register) {
      liveIn[block] = register;
      live.add(block);
    }
  }

  private static void mark(IntList blocks, int[] marks, int register) {
    for (int i = 0; blocks != null && i < blocks.size(); i++) {
      marks[blocks.get(i)] = register;
    }
  }

  /** Marks the live blocks at whose begin the register may have been written. */
  private void findWritten(int register) {
    work.clear();
    for (int i = 0; writing[register] != null && i < writing[register].size(); i++) {
      reach(writing[register].get(i), register);
    }
    for (int i = 0; i < work.size(); i++) {
      reach(work.get(i), register);
    }
  }

  private void reach(int block, int register) {
    left -= 1 + flow.successors(block).length;
    for (int next : flow.successors(block)) {
      if (liveIn[next] == register && written[next] != register) {
        written[next] = register;
        work.add(next);
      }
    }
  }

  /** Registers of asynchronous instructions keep their slots to themselves. */
  private void pin(LineRecord[] records) {
    for (LineRecord record : records) {
      if (record.asynchronous) {
        pin(record.uses, records.length);
        pin(record.targets, records.length);
      }
    }
  }

  private void pin(IntList registers, int lines) {
    for (int i = 0; i < registers.size(); i++) {
      touch(registers.get(i), 0);
      touch(registers.get(i), lines - 1);
    }
  }
}
