package dev.kiln.tests.cuda.driver;

import java.util.Set;

/** An event: the last record of it. */
final class DriverEvent extends Owned {
  private final boolean timed;
  private Work record;
  private Capture capture;
  private Set<GraphNode> captured = Set.of();
  private int queries;

  DriverEvent(DriverContext context, boolean timed) {
    super(context);
    this.timed = timed;
  }

  boolean isTimed() {
    return timed;
  }

  /** The work that tells it; {@code null} if it was never recorded. */
  Work record() {
    return record;
  }

  void record(Work work) {
    record = work;
    capture = null;
    captured = Set.of();
    queries = 0;
  }

  /** Records it in a capture. */
  void record(Capture newCapture, Set<GraphNode> nodes) {
    capture = newCapture;
    captured = nodes;
  }

  /** The capture that it was recorded in; {@code null} if it was not. */
  Capture capture() {
    return capture;
  }

  Set<GraphNode> captured() {
    return captured;
  }

  boolean isDone() {
    return record == null || record.isDone();
  }

  /** How often was asked since it was recorded, this time included. */
  int query() {
    return ++queries;
  }

  @Override
  String describe() {
    return timed ? "an event" : "an event without time";
  }
}
