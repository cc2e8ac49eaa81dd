package dev.kiln.ops.data;

import java.util.SplittableRandom;

/**
 * What random numbers follow from. Seeds of parts are derived by keys (the epoch, the number of an
 * example ...), so that each part's numbers are the same whatever was drawn before it, and in
 * whichever order or thread.
 *
 * @param value any number
 */
public record Seed(long value) {
  /** Of a part; different keys give unrelated seeds. */
  public Seed derive(long key) {
    return new Seed(mix(mix(value + GOLDEN) ^ mix(key + 2 * GOLDEN)));
  }

  /** Of a part that has a name. */
  public Seed derive(String name) {
    long key = name.length();
    for (int i = 0; i < name.length(); i++) {
      key = mix(key * 31 + name.charAt(i));
    }
    return derive(key);
  }

  /** Numbers from their start. */
  public SplittableRandom random() {
    return new SplittableRandom(value);
  }

  /** The first of this seed's numbers below a bound, without a generator. */
  public long below(long bound) {
    // The high half of a 128-bit product: uniform but for bound / 2^64.
    return Math.unsignedMultiplyHigh(mix(value), bound);
  }

  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  /** The finaliser of SplitMix64 (Steele, Lea, Flood: Fast splittable generators, 2014). */
  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
