package dev.kiln.tests.cuda.driver;

import java.util.ArrayDeque;
import java.util.Deque;

/** A stream: a queue of work that has not been done. */
final class StreamQueue extends Owned {
  private final Deque<Work> pending = new ArrayDeque<>();
  private final String name;
  private final boolean blocking;
  private Work last;
  private Capture capture;
  private int queries;
  private boolean destroyed;

  /**
   * @param blocking whether it and the legacy default stream wait for each other
   */
  StreamQueue(DriverContext context, String name, boolean blocking) {
    super(context);
    this.name = name;
    this.blocking = blocking;
  }

  String name() {
    return name;
  }

  boolean isBlocking() {
    return blocking;
  }

  boolean isLegacy() {
    return this == context().legacy();
  }

  Deque<Work> pending() {
    return pending;
  }

  void add(Work work) {
    pending.add(work);
    last = work;
    queries = 0;
  }

  boolean isDestroyed() {
    return destroyed;
  }

  /** It takes no more work; what it has is done. */
  void destroy() {
    destroyed = true;
  }

  /** What was queued last, done or not; {@code null} if nothing ever was. */
  Work last() {
    return last;
  }

  boolean isIdle() {
    return last == null || last.isDone();
  }

  /** How often was asked since something was queued, this time included. */
  int query() {
    return ++queries;
  }

  /** What records its work; {@code null} if nothing does. */
  Capture capture() {
    return capture;
  }

  void capture(Capture newCapture) {
    capture = newCapture;
  }

  @Override
  String describe() {
    return name;
  }
}
