package dev.kiln.ops.tensor;

/**
 * Where random numbers come from: a seed and how many numbers have been drawn. Every operation that
 * draws numbers takes a range of their counters, so that the same state gives the same numbers on
 * every device, and two numbers are all that a checkpoint keeps. Kernels make the numbers by Philox
 * (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011).
 */
public final class RandomState {
  private long seed;
  private long offset;

  RandomState(long seed) {
    this.seed = seed;
  }

  public long seed() {
    return seed;
  }

  /** Numbers drawn so far: the counter of the next. */
  public long offset() {
    return offset;
  }

  /**
   * Takes the counters of some numbers.
   *
   * @return the first of them
   */
  public long take(long count) {
    long first = offset;
    offset += count;
    return first;
  }

  /** Goes to a state that was seen before. */
  public void restore(long newSeed, long newOffset) {
    seed = newSeed;
    offset = newOffset;
  }
}
