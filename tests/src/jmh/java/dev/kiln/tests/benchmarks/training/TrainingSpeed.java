package dev.kiln.tests.benchmarks.training;

import java.util.Arrays;

/**
 * Times of a step.
 *
 * @param warmSeconds until the steps before the measured ones were done
 * @param median of the measured steps, in seconds
 * @param fastest what the fastest tenth of them took at most, in seconds
 */
public record TrainingSpeed(double warmSeconds, double median, double fastest) {
  private static final double NANOS = 1e9;

  /** Runs some steps, then measures some. */
  public static TrainingSpeed of(TrainingStep step, int warm, int measured) {
    long start = System.nanoTime();
    for (int i = 0; i < warm; i++) {
      step.step();
    }
    double warmSeconds = (System.nanoTime() - start) / NANOS;
    double[] seconds = new double[measured];
    for (int i = 0; i < measured; i++) {
      long begin = System.nanoTime();
      step.step();
      seconds[i] = (System.nanoTime() - begin) / NANOS;
    }
    Arrays.sort(seconds);
    return new TrainingSpeed(warmSeconds, seconds[measured / 2], seconds[measured / 10]);
  }

  /** How many of something are done a second, if a step does so many: median, fastest tenth. */
  public String rates(int perStep) {
    return "median %.0f /s, fastest tenth %.0f /s (%.1f ms, %.1f ms a step), warm after %.2f s"
        .formatted(perStep / median, perStep / fastest, 1e3 * median, 1e3 * fastest, warmSeconds);
  }
}
