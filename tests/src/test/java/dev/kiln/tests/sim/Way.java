package dev.kiln.tests.sim;

import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.util.EnumSet;
import java.util.concurrent.TimeUnit;

/** How a kernel is run: each case of the suite runs in all of these. */
enum Way {
  /** On all cores, in the plain order, unwatched. */
  PLAIN(ExecutorOptions.standard()),
  /** Warps interleaved at random. */
  SEED_1(ExecutorOptions.standard().withSeed(1)),
  SEED_2(ExecutorOptions.standard().withSeed(2)),
  /** With all sanitizers, which must find nothing. */
  SANITIZED(ExecutorOptions.standard());

  /** No case takes a tenth of it; a kernel that hangs is named instead of stopping the build. */
  private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(2);

  private final ExecutorOptions executor;

  Way(ExecutorOptions executor) {
    this.executor = executor;
  }

  boolean isWatched() {
    return this == SANITIZED;
  }

  SimOptions options() {
    SimOptions options = SimOptions.standard().withExecutor(executor.withLimits(0, MAX_NANOS));
    return isWatched() ? options.withSanitizers(EnumSet.allOf(Sanitizer.class)) : options;
  }
}
