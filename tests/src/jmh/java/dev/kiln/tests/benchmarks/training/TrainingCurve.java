package dev.kiln.tests.benchmarks.training;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Losses and times of a training run, step by step. */
final class TrainingCurve {
  private static final double NANOS = 1e9;
  private static final double MB = 1e6;

  /** A step that takes at most so much of the median is as fast as those that follow. */
  private static final double WARM = 1.3;

  private final long start;
  private final StepMemory memory;
  private final List<Double> losses = new ArrayList<>();
  private final List<Double> seconds = new ArrayList<>();
  private final List<Double> ends = new ArrayList<>();

  /** The model is about to be made. */
  TrainingCurve() throws IOException {
    memory = StepMemory.start();
    start = System.nanoTime();
  }

  /** Takes a step. */
  void step(TrainingStep step) {
    long begin = System.nanoTime();
    losses.add(step.step());
    long end = System.nanoTime();
    seconds.add((end - begin) / NANOS);
    ends.add((end - start) / NANOS);
  }

  int steps() {
    return losses.size();
  }

  /** The mean loss of the last steps. */
  double recent(int count) {
    List<Double> last = losses.subList(Math.max(0, steps() - count), steps());
    return last.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** Of all steps, in seconds. */
  double median() {
    return sorted()[steps() / 2];
  }

  private double[] sorted() {
    double[] sorted = seconds.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted;
  }

  /** When the first step ended that took hardly longer than the median; since the start. */
  private double warmAfter() {
    double bound = WARM * median();
    int step = 0;
    while (seconds.get(step) > bound) {
      step++;
    }
    return ends.get(step);
  }

  /** Prints speed and memory. */
  void print(PrintStream out, String library, int tokens) throws IOException {
    out.printf(
        "%s: %d steps in %.1f s; median %.0f tokens/s, fastest tenth %.0f tokens/s;"
            + " first step ended after %.2f s, warm after %.2f s; resident memory up by %.0f MB%n",
        library,
        steps(),
        ends.getLast(),
        tokens / median(),
        tokens / sorted()[steps() / 10],
        ends.getFirst(),
        warmAfter(),
        memory.peakBytes() / MB);
  }
}
