package dev.kiln.runtime.sim.monitor.count;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A table of text: a name in front, numbers behind, columns as wide as they need to be. */
public final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();

  /** A row; cells are names and numbers, {@code long} with separators, {@code double} shortened. */
  public TextTable row(Object... cells) {
    List<String> row = new ArrayList<>();
    for (Object cell : cells) {
      row.add(text(cell));
    }
    rows.add(row);
    return this;
  }

  private static String text(Object cell) {
    return switch (cell) {
      case Long number -> String.format(Locale.ROOT, "%,d", number);
      case Integer number -> String.format(Locale.ROOT, "%,d", number);
      case Double number -> String.format(Locale.ROOT, "%.2f", number);
      default -> cell.toString();
    };
  }

  /** Whether nothing but a heading is there. */
  public boolean isEmpty() {
    return rows.size() < 2;
  }

  /** The lines, indented by two. */
  public List<String> lines() {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < row.size(); i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder("  ");
      for (int i = 0; i < row.size(); i++) {
        String pad = " ".repeat(widths[i] - row.get(i).length());
        line.append(i == 0 ? row.get(i) + pad : "  " + pad + row.get(i));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
