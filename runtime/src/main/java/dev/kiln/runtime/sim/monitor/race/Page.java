package dev.kiln.runtime.sim.monitor.race;

/**
 * Who has accessed 4 KiB of memory. Cells are words, until narrower accesses come: then half words
 * or bytes.
 */
final class Page {
  static final int BITS = 12;
  static final long OFFSET = (1 << BITS) - 1;

  /** Log of the bytes of a cell. */
  int shift = 2;

  /** Who wrote a cell last, and which lanes. */
  AccessEvent[] writer = new AccessEvent[1 << BITS - 2];

  int[] writerLanes = new int[1 << BITS - 2];

  /** Who has read it since then. */
  AccessEvent[] reader = new AccessEvent[1 << BITS - 2];

  int[] readerLanes = new int[1 << BITS - 2];

  /** More readers, and strong writers that others did not wait for; {@code null} without any. */
  Others[] others;

  /**
   * Strong reads of what strong writes of others left in a cell, the latest first, since its last
   * write that was not an atomic operation; {@code null} without any.
   */
  Others[] observers;

  /** Whether somebody released something in it. */
  boolean synchronises;

  /** A list of accesses to a cell. */
  static final class Others {
    final AccessEvent event;
    int lanes;
    Others next;

    Others(AccessEvent event, int lanes, Others next) {
      this.event = event;
      this.lanes = lanes;
      this.next = next;
    }
  }

  /** Makes cells small enough for an access. */
  void refine(int wanted) {
    int by = shift - wanted;
    if (by <= 0) {
      return;
    }
    int count = writer.length << by;
    AccessEvent[] newWriter = new AccessEvent[count];
    AccessEvent[] newReader = new AccessEvent[count];
    int[] newWriterLanes = new int[count];
    int[] newReaderLanes = new int[count];
    Others[] newOthers = others == null ? null : new Others[count];
    Others[] newObservers = observers == null ? null : new Others[count];
    for (int i = 0; i < count; i++) {
      int from = i >> by;
      newWriter[i] = writer[from];
      newWriterLanes[i] = writerLanes[from];
      newReader[i] = reader[from];
      newReaderLanes[i] = readerLanes[from];
      if (others != null) {
        newOthers[i] = copy(others[from]);
      }
      if (observers != null) {
        newObservers[i] = observers[from];
      }
    }
    writer = newWriter;
    reader = newReader;
    writerLanes = newWriterLanes;
    readerLanes = newReaderLanes;
    others = newOthers;
    observers = newObservers;
    shift = wanted;
  }

  private static Others copy(Others list) {
    Others result = null;
    for (Others one = list; one != null; one = one.next) {
      result = new Others(one.event, one.lanes, result);
    }
    return result;
  }
}
