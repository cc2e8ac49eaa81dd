package dev.kiln.runtime.tune;

import dev.kiln.runtime.profile.DoBench;
import dev.kiln.runtime.profile.Timing;

/**
 * The median by {@link DoBench}, for the times that the decorator says, or 25 and 100 ms.
 *
 * <p>Where the JVM runs kernels, they become faster until their code is compiled in the end:
 * measurements are repeated until some in a row are no faster than the best before. There other
 * work shares the processors, which only ever makes runs slower, so the fastest run counts.
 */
record BenchTimer() implements TrialTimer {
  private static final long WARMUP = 25;
  private static final long REPETITIONS = 100;

  /** Measurements in a row that are no faster. */
  private static final int PATIENCE = 3;

  private static final int MOST = 40;

  /** What counts as faster. */
  private static final double LESS = 0.97;

  @Override
  public double nanos(Trial trial) {
    double best = again(trial);
    if (trial.device().warmsUp()) {
      int noFaster = 0;
      for (int i = 1; i < MOST && noFaster < PATIENCE; i++) {
        double next = again(trial);
        noFaster = next < LESS * best ? 0 : noFaster + 1;
        best = Math.min(best, next);
      }
    }
    return best;
  }

  @Override
  public int finals() {
    return 3;
  }

  @Override
  public double again(Trial trial) {
    Timing timing =
        DoBench.on(trial.device())
            .warmup(trial.warmup().orElse(WARMUP))
            .repetitions(trial.repetitions().orElse(REPETITIONS))
            .before(trial::before)
            .after(trial::after)
            .run(trial::run);
    return trial.device().warmsUp() ? timing.min() : timing.median();
  }
}
