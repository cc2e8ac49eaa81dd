package dev.kiln.ops.report;

import java.util.ArrayDeque;
import java.util.Deque;

/** How fast work goes: over about the last ten seconds, so that a warm-up is soon forgotten. */
final class Pace {
  private static final long BETWEEN_NANOS = 500_000_000L;
  private static final int KEPT = 20;

  private record Point(long nanos, long steps, long units) {}

  private final Deque<Point> points = new ArrayDeque<>();
  private Point last;

  /** Steps and units done in all, at a time. */
  void at(long nanos, long steps, long units) {
    last = new Point(nanos, steps, units);
    if (points.isEmpty() || nanos - points.getLast().nanos >= BETWEEN_NANOS) {
      points.add(last);
      if (points.size() > KEPT) {
        points.removeFirst();
      }
    }
  }

  private double seconds() {
    return points.isEmpty() ? 0 : (last.nanos - points.getFirst().nanos) / 1e9;
  }

  /** Units a second; NaN before two points. */
  double unitsPerSecond() {
    return seconds() > 0 ? (last.units - points.getFirst().units) / seconds() : Double.NaN;
  }

  /** Seconds that so many steps will take; NaN before two points. */
  double secondsFor(long steps) {
    long done = points.isEmpty() ? 0 : last.steps - points.getFirst().steps;
    return done > 0 ? seconds() / done * steps : Double.NaN;
  }
}
