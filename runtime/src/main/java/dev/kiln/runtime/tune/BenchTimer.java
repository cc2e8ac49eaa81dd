package dev.kiln.runtime.tune;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.profile.DoBench;
import dev.kiln.runtime.profile.Timing;

/**
 * The median by {@link DoBench}, for the times that the decorator says, or 25 and 100 ms.
 *
 * <p>Where the JVM runs kernels, other work shares the processors. That only ever makes runs
 * slower, so the fastest run counts there; and there are more rounds, since code becomes faster
 * until it is compiled in the end.
 */
record BenchTimer() implements TrialTimer {
  private static final long WARMUP = 25;
  private static final long REPETITIONS = 100;
  private static final int ROUNDS = 3;

  /** Threads that share processors with other programs are seldom timed better than that. */
  private static final double AS_FAST_ON_JVM = 1.1;

  private static final int ROUNDS_ON_JVM = 24;

  @Override
  public double nanos(Trial trial) {
    Timing timing =
        DoBench.on(trial.device())
            .warmup(trial.warmup().orElse(WARMUP))
            .repetitions(trial.repetitions().orElse(REPETITIONS))
            .before(trial::before)
            .after(trial::after)
            .run(trial::run);
    return trial.device().warmsUp() ? timing.min() : timing.median();
  }

  @Override
  public double asFast(Device device) {
    return device.warmsUp() ? AS_FAST_ON_JVM : AS_FAST;
  }

  @Override
  public int rounds(Device device) {
    return device.warmsUp() ? ROUNDS_ON_JVM : ROUNDS;
  }
}
