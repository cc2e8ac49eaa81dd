package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Monitor.AsyncOperation;

/** One {@code cp.async} of some lanes of a warp that has not happened yet for all of them. */
final class PendingCopy {
  CopyStep step;

  /** The lanes for which it has not happened. */
  int lanes;

  /** The lanes that have not waited for it, though it may have happened; 0 if nobody watches. */
  int unawaited;

  /** Its group's number, the same for all its lanes. */
  int group;

  /** Its place among the operations that the warp issued. */
  long number;

  /** What the monitor knows it by; {@code null} without one. */
  AsyncOperation operation;

  final long[] from = new long[Warp.LANES];
  final long[] to = new long[Warp.LANES];

  /** Bytes to be read; the rest is filled with zeros. */
  final int[] bytes = new int[Warp.LANES];

  /** The bytes on their way. */
  final long[] low = new long[Warp.LANES];

  final long[] high = new long[Warp.LANES];

  /**
   * What holds all the bytes to be read, if all 32 lanes copy all theirs, from one region; else
   * {@code null}.
   */
  Region source;

  /** Whether all lanes then read and write side by side, lane 0 first. */
  boolean sideBySide;

  /** The lanes that read all their bytes. */
  int whole;
}
