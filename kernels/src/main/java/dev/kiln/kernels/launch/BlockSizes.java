package dev.kiln.kernels.launch;

import dev.kiln.runtime.Device;

/** Block sizes: powers of two near the size of the problem. */
public final class BlockSizes {
  /** Elements per program: one strip of the CPU back end. */
  private static final int ON_CPU = 4096;

  /** Elements per program: 8 for each of 128 threads, as they need registers for all of them. */
  private static final int ON_GPU = 1024;

  /** Elements for a warp where a program must have more. */
  private static final int OF_WARP = 256;

  private static final int FEWEST_WARPS = 4;
  private static final int MOST_WARPS = 16;

  private BlockSizes() {}

  /** The smallest power of two that is at least {@code n}, within limits that are powers of two. */
  public static int around(long n, int least, int most) {
    if (n >= most) {
      return most;
    }
    return Math.max(least, Integer.highestOneBit(Math.max(1, 2 * (int) n - 1)));
  }

  /** How many elements a program of an elementwise kernel may have. */
  public static int elements(Device device) {
    return device.target().isGpu() ? ON_GPU : ON_CPU;
  }

  /** The block of an elementwise kernel for {@code n} elements. */
  public static int elementwise(Device device, long n) {
    return around(n, 16, elements(device));
  }

  /** Warps of a GPU for a program with tiles of so many elements. */
  public static int warps(long elements) {
    return (int) Math.clamp(elements / OF_WARP, FEWEST_WARPS, MOST_WARPS);
  }
}
