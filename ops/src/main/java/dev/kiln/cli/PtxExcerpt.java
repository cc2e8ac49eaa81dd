package dev.kiln.cli;

import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxDiagnostic;
import java.util.List;

/** Lines of a PTX text, quoted beneath messages: cut where they are long, without controls. */
final class PtxExcerpt {
  private static final int LINES_BEFORE = 2;
  private static final int WIDEST = 160;
  private static final String CUT = "...";

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
    int column = Math.min(at.column(), line.length() + 1) - 1;
    int from = line.length() <= WIDEST ? 0 : Math.max(0, column - WIDEST / 2);
    String start = from == 0 ? "" : CUT;
    StringBuilder text = new StringBuilder("\n    ").append(start).append(window(line, from));
    text.append("\n    ").append(" ".repeat(start.length()));
    for (int i = from; i < column; i++) {
      text.append(line.charAt(i) == '\t' ? '\t' : ' ');
    }
    return text.append('^').toString();
  }

  /** A line and some before it, each with its number; an arrow points to the line. */
  String context(int number) {
    StringBuilder text = new StringBuilder();
    for (int line = Math.max(1, number - LINES_BEFORE); line <= number; line++) {
      if (line <= lines.size()) {
        String arrow = line == number ? "->" : "  ";
        text.append("\n  %s %4d | %s".formatted(arrow, line, window(lines.get(line - 1), 0)));
      }
    }
    return text.toString();
  }

  /** A part of a line; what a terminal would obey is a question mark. */
  private static String window(String line, int from) {
    int to = Math.min(line.length(), from + WIDEST);
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      char letter = line.charAt(i);
      text.append(Character.isISOControl(letter) && letter != '\t' ? '?' : letter);
    }
    return to < line.length() ? text + CUT : text.toString();
  }
}
