package dev.kiln.runtime.sim.isa.tensor;

/** Sums as {@link dev.kiln.runtime.sim.exec.TensorMode#TRUNCATED} says. */
final class TruncatedProduct {
  /** Bits kept behind the largest term's point: binary32's 23 and two more. */
  private static final int KEPT = 25;

  private TruncatedProduct() {}

  /**
   * Adds A times B to the sums.
   *
   * @param group products that are added at once
   */
  static void multiply(Tiling tiling, int group, float[] a, float[] b, float[] sums) {
    float[] left = new float[tiling.depth()];
    float[] right = new float[tiling.depth()];
    for (int rows = 0; rows < tiling.rowBlocks(); rows++) {
      for (int columns = 0; columns < tiling.columnBlocks(); columns++) {
        for (int half = 0; half < tiling.halves(); half++) {
          for (int parity = 0; parity < 2; parity++) {
            int to = tiling.accumulator(rows, columns, half, parity) * 32;
            for (int lane = 0; lane < 32; lane++) {
              gather(tiling, rows, columns, half, parity, lane, a, b, left, right);
              sums[to + lane] = sum(sums[to + lane], left, right, group);
            }
          }
        }
      }
    }
  }

  private static void gather(
      Tiling tiling,
      int rows,
      int columns,
      int half,
      int parity,
      int lane,
      float[] a,
      float[] b,
      float[] left,
      float[] right) {
    int packed = tiling.packed();
    for (int k = 0; k < tiling.depth(); k++) {
      int inStep = k % (4 * packed);
      int plane = tiling.planeOfA(rows, half, k / (4 * packed), inStep % packed);
      left[k] = a[plane + (lane & ~3) + inStep / packed];
      right[k] = b[tiling.rowOfB(columns, k, parity) + (lane & 3)];
    }
  }

  /** The sum of a number and the products of two vectors. */
  static float sum(float start, float[] left, float[] right, int group) {
    float sum = start;
    for (int k = 0; k < left.length; k += group) {
      sum = addGroup(sum, left, right, k, Math.min(k + group, left.length));
    }
    return sum;
  }

  private static float addGroup(float start, float[] left, float[] right, int from, int end) {
    int largest = start == 0 ? Integer.MIN_VALUE : Math.getExponent((double) start);
    boolean finite = Float.isFinite(start);
    for (int k = from; k < end; k++) {
      finite &= Float.isFinite(left[k]) && Float.isFinite(right[k]);
      if (left[k] != 0 && right[k] != 0) {
        int exponent = Math.getExponent((double) left[k]) + Math.getExponent((double) right[k]);
        largest = Math.max(largest, exponent);
      }
    }
    if (!finite || largest == Integer.MIN_VALUE) {
      return chain(start, left, right, from, end);
    }
    long sum = aligned(start, largest);
    for (int k = from; k < end; k++) {
      sum += aligned((double) left[k] * right[k], largest);
    }
    return cut(Math.scalb((double) sum, largest - KEPT));
  }

  /** What infinities, NaNs and zeros come to. */
  private static float chain(float start, float[] left, float[] right, int from, int end) {
    float sum = start;
    for (int k = from; k < end; k++) {
      sum = Math.fma(left[k], right[k], sum);
    }
    return sum;
  }

  private static long aligned(double term, int exponent) {
    return (long) Math.scalb(term, KEPT - exponent);
  }

  private static float cut(double sum) {
    float nearest = (float) sum;
    if (Math.abs(sum) >= 0x1p128 || Math.abs((double) nearest) <= Math.abs(sum)) {
      return nearest;
    }
    return sum > 0 ? Math.nextDown(nearest) : Math.nextUp(nearest);
  }
}
