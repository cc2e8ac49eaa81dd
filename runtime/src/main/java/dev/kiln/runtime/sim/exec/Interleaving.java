package dev.kiln.runtime.sim.exec;

/**
 * In which order warps take turns, and how long a turn is. Without a seed each warp has its turn in
 * order, and a long one; with a seed both are random, the same for the same seed.
 */
final class Interleaving {
  /** Steps of a turn without a seed: long enough that turns cost nothing. */
  static final int QUANTUM = 4096;

  /** Most steps of a turn with a seed, some of which are shorter than a straight run. */
  private static final int RANDOM_QUANTUM = 192;

  private final boolean random;
  private long state;

  /** In order. */
  Interleaving() {
    this.random = false;
  }

  Interleaving(long seed, long cluster) {
    this.random = true;
    this.state = mix(seed * 0x9E3779B97F4A7C15L + cluster) | 1;
  }

  boolean isRandom() {
    return random;
  }

  int quantum() {
    if (!random) {
      return QUANTUM;
    }
    int kind = below(4);
    return 1 + below(kind == 0 ? RANDOM_QUANTUM : kind == 1 ? 4 : 24);
  }

  /** A number from 0 to a bound, exclusive. */
  int below(int bound) {
    state ^= state << 13; // xorshift64, Marsaglia 2003
    state ^= state >>> 7;
    state ^= state << 17;
    return (int) Long.remainderUnsigned(state >>> 11, bound);
  }

  /** The finalizer of SplitMix64. */
  private static long mix(long value) {
    long z = (value ^ value >>> 30) * 0xBF58476D1CE4E5B9L;
    z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
    return z ^ z >>> 31;
  }
}
