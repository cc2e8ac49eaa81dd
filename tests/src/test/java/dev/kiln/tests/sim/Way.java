package dev.kiln.tests.sim;

import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.util.EnumSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** How a kernel is run: each case of the suite runs in all of these. */
enum Way {
  /** On all cores, in the plain order, unwatched. */
  PLAIN(OptionalLong.empty(), EnumSet.noneOf(Sanitizer.class)),
  /** Warps interleaved at random. */
  SEEDED(OptionalLong.of(1), EnumSet.noneOf(Sanitizer.class)),
  /** With all sanitizers, which must find nothing. */
  SANITIZED(OptionalLong.empty(), EnumSet.allOf(Sanitizer.class)),
  SANITIZED_SEEDED(OptionalLong.of(2), EnumSet.allOf(Sanitizer.class));

  /** No case takes a tenth of it; a kernel that hangs is named instead of stopping the build. */
  private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(2);

  private final OptionalLong seed;
  private final Set<Sanitizer> sanitizers;

  Way(OptionalLong seed, Set<Sanitizer> sanitizers) {
    this.seed = seed;
    this.sanitizers = sanitizers;
  }

  SimOptions options() {
    ExecutorOptions executor = ExecutorOptions.standard().withLimits(0, MAX_NANOS);
    return SimOptions.standard()
        .withExecutor(seed.isPresent() ? executor.withSeed(seed.getAsLong()) : executor)
        .withSanitizers(sanitizers);
  }
}
