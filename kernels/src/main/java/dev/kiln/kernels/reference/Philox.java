package dev.kiln.kernels.reference;

/**
 * Philox 4x32 with ten rounds: Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011.
 */
public final class Philox {
  private static final int MULTIPLIER_A = 0xD2511F53;
  private static final int MULTIPLIER_B = 0xCD9E8D57;
  private static final int KEY_STEP_A = 0x9E3779B9;
  private static final int KEY_STEP_B = 0xBB67AE85;
  private static final int ROUNDS = 10;

  private Philox() {}

  /** The four numbers of a counter, under a 64-bit key. */
  public static int[] block(long seed, int c0, int c1, int c2, int c3) {
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      int a = c0;
      int b = c2;
      c0 = high(MULTIPLIER_B, b) ^ c1 ^ k0;
      c2 = high(MULTIPLIER_A, a) ^ c3 ^ k1;
      c1 = MULTIPLIER_B * b;
      c3 = MULTIPLIER_A * a;
      k0 += KEY_STEP_A;
      k1 += KEY_STEP_B;
    }
    return new int[] {c0, c1, c2, c3};
  }

  /**
   * Number {@code index} of the sequence of a seed, evenly distributed from 0 to 1: {@code
   * tl.rand}.
   */
  public static float uniform(long seed, long index) {
    int x = block(seed, (int) index, (int) (index >>> 32), 0, 0)[0];
    return (x < 0 ? -x - 1 : x) * 4.6566127342e-10f;
  }

  private static int high(int a, int b) {
    return (int) (Integer.toUnsignedLong(a) * Integer.toUnsignedLong(b) >>> 32);
  }
}
