package dev.kiln.compiler.diagnostics;

import java.util.Optional;

/**
 * A message about a source text.
 *
 * @param message what is wrong, in the terms of the kernel language, without a final full stop
 * @param hint what to write instead, where that can be known
 */
public record Diagnostic(
    Severity severity, Location location, String message, Optional<String> hint) {
  /** Errors stop a compilation, warnings do not. */
  public enum Severity {
    ERROR,
    WARNING
  }

  public static Diagnostic error(Location location, String message) {
    return new Diagnostic(Severity.ERROR, location, message, Optional.empty());
  }

  public static Diagnostic error(Location location, String message, String hint) {
    return new Diagnostic(Severity.ERROR, location, message, Optional.of(hint));
  }

  public static Diagnostic warning(Location location, String message) {
    return new Diagnostic(Severity.WARNING, location, message, Optional.empty());
  }

  /**
   * {@code file:line:column: error: message}, the line with a caret, the hint, and the calls that
   * led there.
   */
  public String render() {
    var out = new StringBuilder();
    if (location.isKnown()) {
      out.append(location).append(": ");
    }
    out.append(severity == Severity.ERROR ? "error: " : "warning: ").append(message);
    appendLine(out, location);
    hint.ifPresent(text -> out.append("\n  hint: ").append(text));
    var site = location.callSite();
    while (site.isPresent()) {
      out.append("\n  called from ").append(site.get());
      appendLine(out, site.get());
      site = site.get().callSite();
    }
    return out.toString();
  }

  private static void appendLine(StringBuilder out, Location at) {
    if (!at.isKnown()) {
      return;
    }
    String line = at.source().line(at.line());
    out.append("\n    ").append(line).append("\n    ");
    for (int i = 1; i < at.column(); i++) {
      out.append(i <= line.length() && line.charAt(i - 1) == '\t' ? '\t' : ' ');
    }
    out.append('^')
        .append(
            "~".repeat(Math.max(0, Math.min(at.endColumn(), line.length() + 1) - at.column() - 1)));
  }

  @Override
  public String toString() {
    return render();
  }
}
