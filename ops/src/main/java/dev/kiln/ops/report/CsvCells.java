package dev.kiln.ops.report;

import java.util.ArrayList;
import java.util.List;

/** Cells of one line of CSV (RFC 4180), with formulas made harmless. */
final class CsvCells {
  private static final String FORMULA = "=+-@\t";

  private CsvCells() {}

  /** A name as a cell. Lines end nowhere but at the end of a row. */
  static String quoted(String name) {
    String flat = name.replaceAll("[\\r\\n]+", " ");
    String safe = isFormula(flat) ? "'" + flat : flat;
    return safe.matches("[^\",]*") ? safe : '"' + safe.replace("\"", "\"\"") + '"';
  }

  /** The name that a cell without its quotes stands for. */
  static String name(String cell) {
    return cell.startsWith("'") && isFormula(cell.substring(1)) ? cell.substring(1) : cell;
  }

  private static boolean isFormula(String text) {
    return !text.isEmpty() && FORMULA.indexOf(text.charAt(0)) >= 0;
  }

  /** The cells of a line without their quotes. */
  static List<String> split(String line) {
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean inQuotes = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"') {
        // Two quotes within quotes are one.
        if (!inQuotes && i > 0 && line.charAt(i - 1) == '"') {
          cell.append('"');
        }
        inQuotes = !inQuotes;
      } else if (c == ',' && !inQuotes) {
        cells.add(cell.toString());
        cell.setLength(0);
      } else {
        cell.append(c);
      }
    }
    cells.add(cell.toString());
    return cells;
  }
}
