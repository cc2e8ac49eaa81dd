package dev.kiln.tests.cuda.driver;

import java.util.ArrayList;
import java.util.List;

/** Something queued in a stream: it runs after what was queued before it, and after others. */
final class Work {
  /** What a piece of work does that only marks a place in its stream. */
  static final Runnable NOTHING = () -> {};

  private final StreamQueue stream;
  private final long number;
  private final String what;
  private Runnable action;
  private List<Work> after = new ArrayList<>(2);
  private long nanos;

  /**
   * @param number in the order of all calls
   * @param what for messages
   */
  Work(StreamQueue stream, long number, String what, Runnable action) {
    this.stream = stream;
    this.number = number;
    this.what = what;
    this.action = action;
  }

  StreamQueue stream() {
    return stream;
  }

  long number() {
    return number;
  }

  String what() {
    return what;
  }

  /** Makes it wait for other work; {@code null} for none. */
  void waitFor(Work other) {
    if (other != null && !other.isDone()) {
      after.add(other);
    }
  }

  /** Whether it only marks a place. */
  boolean isMark() {
    return action == NOTHING;
  }

  boolean isDone() {
    return action == null;
  }

  /** Other work that has to be done first, of other streams; {@code null} if there is none. */
  Work missing() {
    for (Work other : after) {
      if (!other.isDone()) {
        return other;
      }
    }
    return null;
  }

  /** Runs it, which makes it done even if it fails. */
  void run() {
    try {
      action.run();
    } finally {
      drop();
    }
  }

  /** Makes it done without running it. */
  void drop() {
    nanos = System.nanoTime();
    action = null;
    after = List.of();
  }

  /** When it was done, on the clock of {@link System#nanoTime}. */
  long nanos() {
    return nanos;
  }
}
