package dev.kiln.kernels.optimizer;

import java.util.Arrays;

/**
 * The 256 numbers between -1 and 1 that a code of 8 bits stands for, in ascending order: "dynamic
 * tree quantization" (Dettmers, 2016; Dettmers et al., 2022). Seven decades, from 1e-7 to 1; each
 * has twice as many numbers as the one below, so that small numbers keep their magnitude and large
 * ones their digits; beside them 0 and 1.
 */
public enum DynamicMap {
  /** Both signs, but no -1. */
  SIGNED(0),
  /** From 0 on, twice as many in each decade. */
  UNSIGNED(1);

  private static final int DECADES = 7;

  private final double[] values;

  DynamicMap(int extraBits) {
    double[] all = new double[256];
    int next = 0;
    for (int decade = 0; decade < DECADES; decade++) {
      int items = 1 << (decade + extraBits);
      double unit = Math.pow(10, decade - DECADES + 1);
      for (int i = 0; i < items; i++) {
        double value = unit * (0.1 + 0.9 * (i + 0.5) / items);
        all[next++] = value;
        if (extraBits == 0) {
          all[next++] = -value;
        }
      }
    }
    all[next] = 1;
    Arrays.sort(all);
    values = all;
  }

  /** The number of a code from 0 to 255. */
  public double value(int code) {
    return values[code];
  }

  /** The code of 0. */
  public int zeroCode() {
    return Arrays.binarySearch(values, 0);
  }

  /** The code of the number that is nearest. */
  public int nearest(double x) {
    int best = 0;
    for (int code = 1; code < values.length; code++) {
      if (Math.abs(values[code] - x) < Math.abs(values[best] - x)) {
        best = code;
      }
    }
    return best;
  }
}
