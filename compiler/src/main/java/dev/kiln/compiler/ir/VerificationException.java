package dev.kiln.compiler.ir;

import java.util.List;

/** Tile IR that breaks an invariant of {@link Verifier}: a fault of the compiler, not of a user. */
public final class VerificationException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private final transient List<Verifier.Problem> problems;

  VerificationException(String function, List<Verifier.Problem> problems) {
    super(message(function, problems));
    this.problems = List.copyOf(problems);
  }

  private static String message(String function, List<Verifier.Problem> problems) {
    var text = new StringBuilder("tile IR of '" + function + "' is not valid");
    problems.forEach(problem -> text.append("\n  ").append(problem));
    return text.toString();
  }

  public List<Verifier.Problem> problems() {
    return problems;
  }
}
