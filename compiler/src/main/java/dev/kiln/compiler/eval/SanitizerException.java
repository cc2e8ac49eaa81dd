package dev.kiln.compiler.eval;

/** A sanitized launch did something that it must not. */
public final class SanitizerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient SanitizerReport report;

  SanitizerException(SanitizerReport report, EvaluationException cause) {
    super(report.render(), cause);
    this.report = report;
  }

  public SanitizerReport report() {
    return report;
  }
}
