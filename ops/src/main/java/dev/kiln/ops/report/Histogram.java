package dev.kiln.ops.report;

import java.util.Arrays;

/**
 * Counts of values in buckets of equal width. Values that are not finite are in no bucket.
 *
 * @param min smallest finite value; 0 without one
 * @param max largest finite value; 0 without one
 * @param counts of {@code [min + i w, min + (i+1) w)}, the last one closed
 */
record Histogram(double min, double max, double sum, double sumOfSquares, long[] counts) {

  static Histogram of(float[] values, int buckets) {
    double min = Double.POSITIVE_INFINITY;
    double max = Double.NEGATIVE_INFINITY;
    double sum = 0;
    double squares = 0;
    for (float value : values) {
      if (Float.isFinite(value)) {
        min = Math.min(min, value);
        max = Math.max(max, value);
        sum += value;
        squares += (double) value * value;
      }
    }
    if (min > max) {
      return new Histogram(0, 0, 0, 0, new long[1]);
    }
    long[] counts = new long[min == max ? 1 : buckets];
    for (float value : values) {
      if (Float.isFinite(value)) {
        int bucket = min == max ? 0 : (int) ((value - min) / (max - min) * buckets);
        counts[Math.min(bucket, counts.length - 1)]++;
      }
    }
    return new Histogram(min, max, sum, squares, counts);
  }

  /** Sturges's number of buckets: {@code 1 + log2 n}, whole; 10 for 1000 values. */
  static int buckets(long values) {
    return 64 - Long.numberOfLeadingZeros(Math.max(1, values));
  }

  long count() {
    return Arrays.stream(counts).sum();
  }

  double edge(int i) {
    return i == counts.length ? max : min + (max - min) * i / counts.length;
  }

  double[] upperEdges() {
    double[] edges = new double[counts.length];
    Arrays.setAll(edges, i -> edge(i + 1));
    return edges;
  }

  double[] countsAsNumbers() {
    return Arrays.stream(counts).asDoubleStream().toArray();
  }
}
