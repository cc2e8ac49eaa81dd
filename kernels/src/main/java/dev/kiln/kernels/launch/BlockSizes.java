package dev.kiln.kernels.launch;

/** Block sizes: powers of two near the size of the problem. */
public final class BlockSizes {
  /**
   * Elements per program of elementwise kernels: one strip of the CPU back end, a few vectors per
   * thread of a GPU.
   */
  private static final int ELEMENTWISE = 4096;

  private BlockSizes() {}

  /** The smallest power of two that is at least {@code n}, within limits that are powers of two. */
  public static int around(long n, int least, int most) {
    if (n >= most) {
      return most;
    }
    return Math.max(least, Integer.highestOneBit(Math.max(1, 2 * (int) n - 1)));
  }

  public static int elementwise(long n) {
    return around(n, 16, ELEMENTWISE);
  }
}
