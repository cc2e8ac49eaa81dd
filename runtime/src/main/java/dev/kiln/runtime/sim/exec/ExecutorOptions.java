package dev.kiln.runtime.sim.exec;

import java.util.OptionalLong;

/**
 * How a launch is run.
 *
 * @param threads of the host; launches whose outcome depends on the order of blocks use one
 * @param seed permutes the interleaving of warps, reproducibly, on one host thread; empty for the
 *     plain order
 * @param relaxedOrder whether blocks may run side by side although the outcome may then differ from
 *     run to run
 * @param maxSteps warp instructions of a launch, 0 for no limit. Looked at now and then, so that a
 *     launch may run some more.
 * @param maxNanos wall time of a launch, 0 for no limit
 * @param maxResidentBlocks blocks that may wait for each other
 * @param maxCallDepth calls within calls
 * @param maxIdlePolls polls in a row by which nothing changes, before the launch counts as
 *     deadlocked; it also does where polls take longer than some seconds
 */
public record ExecutorOptions(
    int threads,
    OptionalLong seed,
    boolean relaxedOrder,
    long maxSteps,
    long maxNanos,
    int maxResidentBlocks,
    int maxCallDepth,
    long maxIdlePolls) {
  /** All cores, no limits. */
  public static ExecutorOptions standard() {
    return new ExecutorOptions(
        Runtime.getRuntime().availableProcessors(),
        OptionalLong.empty(),
        false,
        0,
        0,
        1024,
        512,
        1L << 22);
  }

  public ExecutorOptions withThreads(int count) {
    return new ExecutorOptions(
        count,
        seed,
        relaxedOrder,
        maxSteps,
        maxNanos,
        maxResidentBlocks,
        maxCallDepth,
        maxIdlePolls);
  }

  public ExecutorOptions withSeed(long value) {
    return new ExecutorOptions(
        threads,
        OptionalLong.of(value),
        relaxedOrder,
        maxSteps,
        maxNanos,
        maxResidentBlocks,
        maxCallDepth,
        maxIdlePolls);
  }

  public ExecutorOptions withRelaxedOrder(boolean relaxed) {
    return new ExecutorOptions(
        threads, seed, relaxed, maxSteps, maxNanos, maxResidentBlocks, maxCallDepth, maxIdlePolls);
  }

  /** Limits; 0 for none. */
  public ExecutorOptions withLimits(long steps, long nanos) {
    return new ExecutorOptions(
        threads, seed, relaxedOrder, steps, nanos, maxResidentBlocks, maxCallDepth, maxIdlePolls);
  }

  public ExecutorOptions withMaxIdlePolls(long polls) {
    return new ExecutorOptions(
        threads, seed, relaxedOrder, maxSteps, maxNanos, maxResidentBlocks, maxCallDepth, polls);
  }

  public ExecutorOptions withMaxResidentBlocks(int blocks) {
    return new ExecutorOptions(
        threads, seed, relaxedOrder, maxSteps, maxNanos, blocks, maxCallDepth, maxIdlePolls);
  }
}
