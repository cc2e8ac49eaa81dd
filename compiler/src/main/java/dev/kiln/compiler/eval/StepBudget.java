package dev.kiln.compiler.eval;

/** The operations that a launch may still execute. */
final class StepBudget {
  private long left;

  StepBudget(Limits limits) {
    left = limits.steps();
  }

  boolean take() {
    return left-- > 0;
  }
}
