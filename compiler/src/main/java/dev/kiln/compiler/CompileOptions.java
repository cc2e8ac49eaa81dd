package dev.kiln.compiler;

/**
 * Options of a launch that the compiler sees, with Triton's names and defaults.
 *
 * @param maxRegisters of a thread on a GPU ({@code maxnreg}), or 0
 * @param fpFusion whether a product and a sum may contract to one rounding ({@code
 *     enable_fp_fusion})
 * @param debug whether {@code device_assert} and {@code assert} are checked
 * @param versioned whether a kernel for a GPU has two versions if wider accesses follow from more
 *     than is known to divide its pointers and integers, and chooses on entry; Triton has no such
 *     option
 */
public record CompileOptions(
    int numWarps,
    int numStages,
    int numCtas,
    int maxRegisters,
    boolean fpFusion,
    boolean debug,
    boolean versioned) {
  public static final CompileOptions DEFAULT = new CompileOptions(4, 3, 1, 0, true, false, false);

  public CompileOptions withNumWarps(int warps) {
    return new CompileOptions(warps, numStages, numCtas, maxRegisters, fpFusion, debug, versioned);
  }

  public CompileOptions withNumStages(int stages) {
    return new CompileOptions(numWarps, stages, numCtas, maxRegisters, fpFusion, debug, versioned);
  }

  public CompileOptions withNumCtas(int ctas) {
    return new CompileOptions(numWarps, numStages, ctas, maxRegisters, fpFusion, debug, versioned);
  }

  public CompileOptions withMaxRegisters(int registers) {
    return new CompileOptions(numWarps, numStages, numCtas, registers, fpFusion, debug, versioned);
  }

  public CompileOptions withDebug(boolean enabled) {
    return new CompileOptions(
        numWarps, numStages, numCtas, maxRegisters, fpFusion, enabled, versioned);
  }

  public CompileOptions withFpFusion(boolean enabled) {
    return new CompileOptions(
        numWarps, numStages, numCtas, maxRegisters, enabled, debug, versioned);
  }

  public CompileOptions withVersioned(boolean enabled) {
    return new CompileOptions(numWarps, numStages, numCtas, maxRegisters, fpFusion, debug, enabled);
  }

  /** Spelt out for the same reason as those of {@link ArgumentSpec}. */
  @Override
  public int hashCode() {
    int numbers = ((numWarps * 31 + numStages) * 31 + numCtas) * 31 + maxRegisters;
    return numbers * 8 + (fpFusion ? 4 : 0) + (debug ? 2 : 0) + (versioned ? 1 : 0);
  }
}
