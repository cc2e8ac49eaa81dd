package dev.kiln.compiler.python;

/**
 * How much an evaluation may do, so that a loop or a recursion without end is an error and not a
 * hang.
 */
final class EvaluationBudget {
  static final long MAX_STEPS = 5_000_000;
  static final int MAX_DEPTH = 200;

  private long steps;
  private int depth;

  /** Counts an expression, a statement or an item. */
  void step() {
    if (++steps > MAX_STEPS) {
      throw new PythonError(
          "TimeoutError", "this needs more than " + MAX_STEPS + " steps at compile time");
    }
  }

  void enterCall() {
    if (depth == MAX_DEPTH) {
      throw new PythonError("RecursionError", "maximum recursion depth exceeded");
    }
    if (depth++ == 0) {
      steps = 0;
    }
  }

  void leaveCall() {
    depth--;
  }

  boolean isIdle() {
    return depth == 0;
  }

  void reset() {
    steps = 0;
  }
}
