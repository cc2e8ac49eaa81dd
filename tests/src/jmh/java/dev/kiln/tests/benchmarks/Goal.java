package dev.kiln.tests.benchmarks;

import java.util.Locale;

/**
 * What is wanted of a number.
 *
 * @param text for the table; empty where nothing is wanted
 */
record Goal(String text, double least, double most) {
  static final Goal NONE = new Goal("", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  static Goal atLeast(double least, String unit) {
    return new Goal(">= " + number(least) + unit, least, Double.POSITIVE_INFINITY);
  }

  static Goal atMost(double most, String unit) {
    return new Goal("<= " + number(most) + unit, Double.NEGATIVE_INFINITY, most);
  }

  private static String number(double value) {
    return value == Math.rint(value) && value > 10
        ? String.format(Locale.ROOT, "%,d", (long) value)
        : Double.toString(value);
  }

  /** {@code met}, {@code missed}, or nothing where nothing is wanted. */
  String verdict(double value) {
    if (text.isEmpty()) {
      return "";
    }
    return value >= least && value <= most ? "met" : "missed";
  }
}
