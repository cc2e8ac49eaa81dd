package dev.kiln.compiler.eval;

import dev.kiln.compiler.diagnostics.Location;

/** A launch executed more than its {@link Limits} allow. */
public final class LimitExceededException extends EvaluationException {
  private static final long serialVersionUID = 1L;

  LimitExceededException(Location location, String kernel, ProgramId program, String message) {
    super(location, kernel, program, message);
  }
}
