package dev.kiln.runtime.cpu;

/**
 * How long a program of a kernel took of late, to tell launches that are over before another thread
 * has begun to help. Only time depends on it: the bits are the same on any number of threads.
 */
final class LaunchPace {
  /** A thread that waits actively takes about one microsecond to begin, one that sleeps fifty. */
  private static final double SHORT_NANOS = 10_000;

  /** What a slow launch says is forgotten slowly: the next one may be as long again. */
  private static final double MEMORY = 0.875;

  private double programNanos = Double.MAX_VALUE;

  /** Whether so many programs are best run one after the other by the caller. */
  boolean isShort(int programs) {
    return programNanos * programs < SHORT_NANOS;
  }

  /** So many programs took so long on so many threads. */
  void took(long nanos, int threads, int programs) {
    double measured = (double) nanos * threads / Math.max(1, programs);
    programNanos =
        programNanos == Double.MAX_VALUE ? measured : Math.max(measured, programNanos * MEMORY);
  }
}
