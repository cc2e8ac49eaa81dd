package dev.kiln.ops.page;

import java.util.ArrayList;
import java.util.List;

/**
 * Values on a line of pixels, with ticks at round numbers.
 *
 * @param low value at pixel {@code from}
 * @param high value at pixel {@code to}; above {@code low}
 * @param log by powers of ten; then {@code low} is above 0
 */
public record Axis(double low, double high, boolean log, double from, double to) {
  /** Values that come down to this part of the largest get an axis from zero. */
  private static final double ROOM_FOR_ZERO = 0.2;

  private static final double FEW_DECADES = 2.6;

  /** Over a range of values and a little more, so that it begins and ends at round numbers. */
  public static Axis around(double min, double max, boolean log, double from, double to) {
    if (log) {
      double low = min > 0 ? min : Double.MIN_NORMAL;
      double high = Math.max(max, low * 1.2);
      double margin = Math.pow(high / low, 0.04);
      return new Axis(low / margin, high * margin, true, from, to);
    }
    if (!(max > min)) {
      double margin = min == 0 ? 1 : Math.abs(min) * 0.1;
      return new Axis(min - margin, max + margin, false, from, to);
    }
    double margin = (max - min) * 0.04;
    double low = min >= 0 && min - margin < max * ROOM_FOR_ZERO ? 0 : min - margin;
    return new Axis(low, max + margin, false, from, to);
  }

  /** Exactly this range. */
  public static Axis of(double min, double max, double from, double to) {
    return max > min
        ? new Axis(min, max, false, from, to)
        : new Axis(min - 0.5, min + 0.5, false, from, to);
  }

  public double at(double value) {
    double part = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    return from + (to - from) * part;
  }

  /** Whether a value has a place: finite, and above 0 on a logarithmic axis. */
  public boolean shows(double value) {
    return Double.isFinite(value) && (!log || value > 0);
  }

  /** Round values within, at most about so many. */
  public List<Double> ticks(int wanted) {
    return log && high / low > 8 ? powers(wanted) : multiples(wanted);
  }

  private List<Double> multiples(int wanted) {
    double step = niceStep((high - low) / wanted);
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private List<Double> powers(int wanted) {
    int first = (int) Math.floor(Math.log10(low));
    int last = (int) Math.ceil(Math.log10(high));
    int every = Math.max(1, Math.ceilDiv(last - first, wanted));
    double[] within =
        Math.log10(high / low) < FEW_DECADES ? new double[] {1, 2, 5} : new double[] {1};
    List<Double> ticks = new ArrayList<>();
    for (int power = first; power <= last; power += every) {
      for (double digit : within) {
        double value = digit * Math.pow(10, power);
        if (value >= low && value <= high) {
          ticks.add(value);
        }
      }
    }
    return ticks;
  }

  /** The smallest of 1, 2, 2.5, 5 times a power of ten that is no less. */
  public static double niceStep(double step) {
    double power = Math.pow(10, Math.floor(Math.log10(step)));
    for (double nice : new double[] {1, 2, 2.5, 5}) {
      if (step <= nice * power * (1 + 1e-9)) {
        return nice * power;
      }
    }
    return 10 * power;
  }
}
