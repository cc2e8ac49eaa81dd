package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ir.Value;

/** How the run of a list of statements ends. */
sealed interface Outcome {
  /** The statements after it run next. */
  record Falls() implements Outcome {}

  /** The function is left. */
  record Returns(Returned returned) implements Outcome {}

  /**
   * The function is left where the flag (a scalar {@code i1}) is true; else the statements after it
   * run next.
   */
  record MayReturn(Value flag, Returned returned) implements Outcome {}

  /** What a function gives back. */
  sealed interface Returned {
    record Result(FrontValue value) implements Returned {}

    /** The end of the function was reached without {@code return}. */
    record EndReached() implements Returned {}
  }

  Outcome FALLS = new Falls();

  static Outcome returns(FrontValue value) {
    return new Returns(new Returned.Result(value));
  }
}
