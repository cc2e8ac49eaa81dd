package dev.kiln.compiler;

/**
 * Options of a launch that the compiler sees, with Triton's names and defaults.
 *
 * @param fpFusion whether a product and a sum may contract to one rounding ({@code
 *     enable_fp_fusion})
 * @param debug whether {@code device_assert} and {@code assert} are checked
 */
public record CompileOptions(
    int numWarps, int numStages, int numCtas, boolean fpFusion, boolean debug) {
  public static final CompileOptions DEFAULT = new CompileOptions(4, 3, 1, true, false);

  public CompileOptions withNumWarps(int warps) {
    return new CompileOptions(warps, numStages, numCtas, fpFusion, debug);
  }

  public CompileOptions withNumStages(int stages) {
    return new CompileOptions(numWarps, stages, numCtas, fpFusion, debug);
  }

  public CompileOptions withDebug(boolean enabled) {
    return new CompileOptions(numWarps, numStages, numCtas, fpFusion, enabled);
  }

  public CompileOptions withFpFusion(boolean enabled) {
    return new CompileOptions(numWarps, numStages, numCtas, enabled, debug);
  }

  /** Spelt out for the same reason as those of {@link ArgumentSpec}. */
  @Override
  public int hashCode() {
    int numbers = (numWarps * 31 + numStages) * 31 + numCtas;
    return numbers * 4 + (fpFusion ? 2 : 0) + (debug ? 1 : 0);
  }
}
