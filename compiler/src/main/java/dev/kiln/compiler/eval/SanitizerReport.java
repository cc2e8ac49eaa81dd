package dev.kiln.compiler.eval;

import java.util.List;
import java.util.stream.Collectors;

/** What a sanitized launch did wrong, in the order in which it first happened. */
public record SanitizerReport(String kernel, List<SanitizerFinding> findings) {
  public SanitizerReport {
    findings = List.copyOf(findings);
  }

  public boolean isClean() {
    return findings.isEmpty();
  }

  /** Every finding, and a line that counts them. */
  public String render() {
    if (isClean()) {
      return "kernel " + kernel + ": nothing found";
    }
    String count = findings.size() == 1 ? "1 finding" : findings.size() + " findings";
    return findings.stream().map(SanitizerFinding::render).collect(Collectors.joining("\n\n"))
        + "\n\nkernel "
        + kernel
        + ": "
        + count;
  }

  /**
   * Fails if there are findings.
   *
   * @param cause what stopped the launch early, or null
   */
  void throwIfFaulty(EvaluationException cause) {
    if (!isClean()) {
      throw new SanitizerException(this, cause);
    }
  }
}
