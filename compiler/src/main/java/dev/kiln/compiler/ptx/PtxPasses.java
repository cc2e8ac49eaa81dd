package dev.kiln.compiler.ptx;

import java.util.List;
import java.util.function.UnaryOperator;

/** What is done to a kernel between emission and printing, in order. */
public final class PtxPasses {
  private static final List<UnaryOperator<PtxFunction>> PASSES =
      List.of(
          DeadCode::remove,
          AddressSteps::take,
          DeadCode::remove,
          LoopInvariants::hoist,
          InductionVariables::reduce,
          DeadCode::remove,
          LateUpdates::sink,
          FusedProducts::fuse);

  private PtxPasses() {}

  /**
   * Simplifies; does not place shared memory or barriers.
   *
   * @return an equal function that executes no more instructions
   */
  public static PtxFunction optimize(PtxFunction function) {
    PtxFunction result = function;
    for (UnaryOperator<PtxFunction> pass : PASSES) {
      result = pass.apply(result);
    }
    return result;
  }
}
