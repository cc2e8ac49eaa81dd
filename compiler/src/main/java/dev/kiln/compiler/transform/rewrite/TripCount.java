package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.numeric.IntegerMath;

/** How often a loop with constant bounds runs. */
public final class TripCount {
  private TripCount() {}

  /**
   * The number of iterations; -1 for a step that is not positive, or if the induction variable
   * would wrap before it reaches the upper bound.
   */
  public static long of(ControlOp.For loop, long lower, long upper, long step) {
    var dtype = loop.lower().dtype();
    if (dtype.bits() == 64 && loop.unsigned()) {
      return of64Unsigned(lower, upper, step);
    }
    long from = loop.unsigned() ? IntegerMath.zeroExtend(dtype, lower) : lower;
    long to = loop.unsigned() ? IntegerMath.zeroExtend(dtype, upper) : upper;
    long by = loop.unsigned() ? IntegerMath.zeroExtend(dtype, step) : step;
    if (by <= 0) {
      return -1;
    }
    if (from >= to) {
      return 0;
    }
    long distance = to - from;
    if (distance <= 0) {
      return -1; // wider than 63 bits
    }
    long trips = (distance - 1) / by + 1;
    long overshoot = trips * by - distance;
    long largest = loop.unsigned() ? (1L << dtype.bits()) - 1 : ~IntegerMath.smallest(dtype);
    return overshoot <= largest - to ? trips : -1;
  }

  private static long of64Unsigned(long lower, long upper, long step) {
    if (step <= 0 || lower < 0 || upper < 0 || upper > Long.MAX_VALUE - step) {
      return -1;
    }
    return lower >= upper ? 0 : (upper - lower - 1) / step + 1;
  }
}
