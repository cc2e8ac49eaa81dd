package dev.kiln.cli;

import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import java.util.List;

/** Lines of a PTX text, quoted beneath messages. */
final class PtxExcerpt {
  private static final int LINES_BEFORE = 2;

  private final List<String> lines;

  PtxExcerpt(List<String> lines) {
    this.lines = lines;
  }

  /** {@code file:line:column: error: message}, and the line with a caret. */
  String describe(PtxDiagnostic diagnostic) {
    return "%s:%s: error: %s%s"
        .formatted(
            diagnostic.file(), diagnostic.at(), diagnostic.message(), quote(diagnostic.at()));
  }

  /** The line on a line of its own, and a caret beneath it; empty if there is no such line. */
  String quote(Position at) {
    if (at.line() < 1 || at.line() > lines.size()) {
      return "";
    }
    String line = lines.get(at.line() - 1);
    StringBuilder text = new StringBuilder("\n    ").append(line).append("\n    ");
    for (int i = 1; i < at.column(); i++) {
      text.append(i <= line.length() && line.charAt(i - 1) == '\t' ? '\t' : ' ');
    }
    return text.append('^').toString();
  }

  /** A line and some before it, each with its number; an arrow points to the line. */
  String context(int number) {
    StringBuilder text = new StringBuilder();
    for (int line = Math.max(1, number - LINES_BEFORE); line <= number; line++) {
      if (line <= lines.size()) {
        String arrow = line == number ? "->" : "  ";
        text.append("\n  %s %4d | %s".formatted(arrow, line, lines.get(line - 1)));
      }
    }
    return text.toString();
  }
}
