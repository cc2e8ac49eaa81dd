package dev.kiln.compiler.eval;

/**
 * Makes small well-typed kernels at random, for tests that compare two ways of running a kernel.
 *
 * <p>The same seed and features give the same kernel on every machine. With fewer {@link
 * Features#steps()} a kernel begins with the same operations, so that a failure can be narrowed
 * down. Results do not depend on the order of reductions or programs, or on the bits of a NaN;
 * accesses are in range and programs do not race. What C leaves undefined and the language fixes
 * (shifts, divisions, conversions out of range) occurs on purpose.
 */
public final class RandomKernels {
  private RandomKernels() {}

  /**
   * What kernels are made of.
   *
   * @param steps how often something is added at the top level
   * @param fp8 whether values of {@code fp8e5} and {@code fp8e4nv} are loaded, converted and stored
   * @param doubles whether {@code fp64} occurs
   * @param control loops and branches
   * @param compute reductions, scans, products, histograms
   * @param memory atomics, and memory that a program writes and reads again
   * @param approximate whether some results come from functions that devices approximate
   */
  public record Features(
      int steps,
      boolean fp8,
      boolean doubles,
      boolean control,
      boolean compute,
      boolean memory,
      boolean approximate) {
    public static final Features ALL = new Features(20, true, true, true, true, true, true);

    /** Elementwise operations, shape operations, loads and stores. */
    public static final Features STRAIGHT =
        new Features(20, true, true, false, false, false, false);

    public Features withSteps(int count) {
      return new Features(count, fp8, doubles, control, compute, memory, approximate);
    }
  }

  public static RandomKernel generate(long seed) {
    return generate(seed, Features.ALL);
  }

  public static RandomKernel generate(long seed, Features features) {
    return new KernelGenerator(seed, features).generate();
  }
}
