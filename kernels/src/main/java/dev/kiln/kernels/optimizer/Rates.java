package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.Check;

/** What optimizers ask of their options. */
final class Rates {
  private Rates() {}

  /** The share of an average that stays: from 0 on, below 1. */
  static void share(String operation, String argument, double value) {
    if (!(value >= 0 && value < 1)) {
      throw Check.fault(operation, argument, "must be at least 0 and less than 1, but is " + value);
    }
  }

  /** A finite number from 0 on. */
  static void notNegative(String operation, String argument, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw Check.fault(operation, argument, "must be a number from 0 on, but is " + value);
    }
  }

  /** A finite number above 0. */
  static void positive(String operation, String argument, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw Check.fault(operation, argument, "must be a number above 0, but is " + value);
    }
  }
}
