package dev.kiln.compiler.eval;

import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Location;

/**
 * A kernel did what it must not: an assertion failed, an address was out of range. The message
 * shows the source line and says which program it was.
 */
public class EvaluationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Location location;
  private final transient ProgramId program;
  private final String kernel;
  private final String reason;

  EvaluationException(Location location, String kernel, ProgramId program, String reason) {
    super(
        Diagnostic.error(location, reason).render()
            + "\n  in kernel "
            + kernel
            + ", program "
            + program);
    this.location = location;
    this.program = program;
    this.kernel = kernel;
    this.reason = reason;
  }

  public Location location() {
    return location;
  }

  public ProgramId program() {
    return program;
  }

  public String kernel() {
    return kernel;
  }

  /** The message without the place. */
  public String reason() {
    return reason;
  }
}
