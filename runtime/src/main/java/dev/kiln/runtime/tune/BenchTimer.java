package dev.kiln.runtime.tune;

import dev.kiln.runtime.profile.DoBench;

/** The median by {@link DoBench}, for the times that the decorator says, or 25 and 100 ms. */
record BenchTimer() implements TrialTimer {
  @Override
  public double nanos(Trial trial) {
    return DoBench.on(trial.device())
        .warmup(trial.warmup().orElse(25))
        .repetitions(trial.repetitions().orElse(100))
        .before(trial::before)
        .after(trial::after)
        .run(trial::run)
        .median();
  }
}
