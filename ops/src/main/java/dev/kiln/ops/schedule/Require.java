package dev.kiln.ops.schedule;

import dev.kiln.runtime.KilnException;

/** What the parameters of all schedules have to fulfil. */
final class Require {
  private Require() {}

  static void step(long step) {
    if (step < 0) {
      throw new KilnException("a schedule is asked for step " + step + ": steps count from 0");
    }
  }

  static void rate(String schedule, String name, double value) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw fault(schedule, name, value, "must be a number of at least 0");
    }
  }

  static void finite(String schedule, String name, double value) {
    if (!Double.isFinite(value)) {
      throw fault(schedule, name, value, "must be finite");
    }
  }

  static void positive(String schedule, String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw fault(schedule, name, value, "must be a number above 0");
    }
  }

  static void positive(String schedule, String name, long value) {
    if (value <= 0) {
      throw fault(schedule, name, value, "must be at least 1");
    }
  }

  static void notNegative(String schedule, String name, long value) {
    if (value < 0) {
      throw fault(schedule, name, value, "must be at least 0");
    }
  }

  static void rising(String schedule, String name, Iterable<Long> values) {
    long last = 0;
    for (long value : values) {
      if (value < last) {
        throw fault(schedule, name, values, "must be steps from 0 in rising order");
      }
      last = value;
    }
  }

  static KilnException fault(String schedule, String name, Object value, String rule) {
    return new KilnException(
        "schedule " + schedule + ": " + name + " is " + value + "; it " + rule);
  }
}
