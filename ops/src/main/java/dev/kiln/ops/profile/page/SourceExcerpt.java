package dev.kiln.ops.profile.page;

import java.util.Collection;
import java.util.List;
import java.util.TreeSet;

/**
 * The lines of a kernel file that are worth showing: those that count, and the functions around.
 */
final class SourceExcerpt {
  /** Longer lists of parameters are left out. */
  private static final int FEW = 6;

  private SourceExcerpt() {}

  /**
   * Numbers of lines, from 1, in their order.
   *
   * @param counted lines that must be there
   */
  static TreeSet<Integer> of(List<String> lines, Collection<Integer> counted) {
    TreeSet<Integer> shown = new TreeSet<>();
    for (int line : counted) {
      if (shown.contains(line)) {
        continue;
      }
      shown.add(line);
      if (line <= lines.size()) {
        addFunction(lines, line, shown);
      }
    }
    return shown;
  }

  /** From its decorators to its last line. */
  private static void addFunction(List<String> lines, int line, TreeSet<Integer> shown) {
    int first = line;
    while (first > 1 && !isHead(lines.get(first - 1))) {
      first--;
    }
    if (!isHead(lines.get(first - 1))) {
      return;
    }
    int head = first;
    int last = first;
    for (int i = first + 1; i <= lines.size(); i++) {
      String text = lines.get(i - 1);
      // The parenthesis that closes a long list of parameters stands at the left, too.
      boolean inside = text.isBlank() || Character.isWhitespace(text.charAt(0));
      if (!inside && !text.startsWith(")")) {
        break;
      }
      last = text.isBlank() ? last : i;
    }
    while (first > 1 && lines.get(first - 2).startsWith("@")) {
      first--;
    }
    int parameters = head + 1;
    while (parameters < last && !lines.get(parameters - 1).startsWith(")")) {
      parameters++;
    }
    boolean isLong = lines.get(parameters - 1).startsWith(")") && parameters - head > FEW;
    for (int i = first; i <= last; i++) {
      if (!isLong || i <= head || i >= parameters) {
        shown.add(i);
      }
    }
  }

  private static boolean isHead(String line) {
    return line.startsWith("def ");
  }
}
