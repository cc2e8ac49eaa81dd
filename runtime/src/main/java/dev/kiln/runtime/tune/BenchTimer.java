package dev.kiln.runtime.tune;

import dev.kiln.runtime.profile.DoBench;

/**
 * The median by {@link DoBench}, for the times that the decorator says, or 25 and 100 ms.
 *
 * <p>Where code becomes faster while it runs, as the JVM's does until it is compiled in the end,
 * measurements are repeated until some in a row are no faster than the best before.
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
    DoBench bench =
        DoBench.on(trial.device())
            .warmup(trial.warmup().orElse(WARMUP))
            .repetitions(trial.repetitions().orElse(REPETITIONS))
            .before(trial::before)
            .after(trial::after);
    double best = bench.run(trial::run).median();
    if (trial.device().warmsUp()) {
      int noFaster = 0;
      for (int i = 1; i < MOST && noFaster < PATIENCE; i++) {
        double next = bench.run(trial::run).median();
        noFaster = next < LESS * best ? 0 : noFaster + 1;
        best = Math.min(best, next);
      }
    }
    return best;
  }
}
