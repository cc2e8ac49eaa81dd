package dev.kiln.runtime.sim.program;

/**
 * What the first decoding of a line has found out, for the allocation of slots and for the second
 * decoding, which has to come to the same.
 */
final class LineRecord {
  /** Registers that the line's steps read. */
  final IntList uses = new IntList();

  /** Registers that they write, for all lanes for which the line executes. */
  final IntList targets = new IntList();

  /** Registers that belong to the line alone, in the order in which they were asked for. */
  final IntList temporaries = new IntList();

  /** Offsets in the frame of variables that belong to the line alone. */
  final IntList hidden = new IntList();

  /** The line is guarded: its targets may keep their values. */
  boolean guarded;

  /** The line's registers are in use beyond it, until some later instruction waits. */
  boolean asynchronous;

  /** Number of steps. */
  int steps;
}
