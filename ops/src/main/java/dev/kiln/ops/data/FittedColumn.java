package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A column with what was measured on the training part.
 *
 * @param scaler of numbers and ordinal codes
 * @param categories in their order; of numbers, none
 * @param fill what stands in for a missing cell; empty where nothing does
 */
record FittedColumn(
    String name, Column column, Scaler scaler, List<String> categories, String fill) {

  static FittedColumn fit(Table table, String name, Column column) {
    int at = table.column(name);
    var present = new ArrayList<Integer>();
    for (int row = 0; row < table.size(); row++) {
      if (!table.rows().get(row).get(at).isEmpty()) {
        present.add(row);
      }
    }
    if (present.isEmpty()) {
      throw new KilnException(
          "%s: column \"%s\": all %,d cells of the training part are missing; leave it out"
              .formatted(table.source(), name, table.size()));
    }
    List<String> cells = present.stream().map(row -> table.rows().get(row).get(at)).toList();
    List<String> categories =
        switch (column.kind()) {
          case NUMBER, TEXT -> List.of();
          case CATEGORY -> column.order().isEmpty() ? seen(cells, column) : column.order();
          case ORDINAL -> column.order();
        };
    var unscaled = new FittedColumn(name, column, Scaler.NONE, categories, "");
    if (column.scaling() == Scaling.NONE && column.kind() != Column.Kind.NUMBER) {
      return new FittedColumn(name, column, Scaler.NONE, categories, unscaled.fill(cells, null));
    }
    double[] values = present.stream().mapToDouble(row -> unscaled.value(table, row, at)).toArray();
    return new FittedColumn(
        name,
        column,
        Scaler.fit(column.scaling(), values),
        categories,
        unscaled.fill(cells, values));
  }

  /** What stands in for missing cells is a category, too. */
  private static List<String> seen(List<String> cells, Column column) {
    if (column.missing().policy() != Missing.Policy.CONSTANT) {
      return sorted(cells);
    }
    var all = new ArrayList<>(cells);
    all.add(column.missing().value());
    return sorted(all);
  }

  /** Different texts: numbers by their size, if all are, else by the alphabet. */
  static List<String> sorted(List<String> cells) {
    boolean numbers = cells.stream().allMatch(Numbers::isNumber);
    Comparator<String> alphabet = Comparator.naturalOrder();
    return cells.stream()
        .distinct()
        .sorted(
            numbers
                ? Comparator.<String>comparingDouble(Double::parseDouble).thenComparing(alphabet)
                : alphabet)
        .toList();
  }

  private String fill(List<String> cells, double[] values) {
    return switch (column.missing().policy()) {
      case REFUSED, ROW_DROPPED -> "";
      case CONSTANT -> column.missing().value();
      case MOST_FREQUENT -> mostFrequent(cells);
      case MEAN -> Double.toString(Arrays.stream(values).sum() / values.length);
      case MEDIAN -> {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        yield Double.toString(Scaler.quantile(sorted, 0.5));
      }
    };
  }

  private static String mostFrequent(List<String> cells) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    cells.forEach(cell -> counts.merge(cell, 1, Integer::sum));
    String best = "";
    for (String cell : sorted(cells)) {
      if (best.isEmpty() || counts.get(cell) > counts.get(best)) {
        best = cell;
      }
    }
    return best;
  }

  /** Columns of the matrix. */
  int width() {
    int own = column.kind() == Column.Kind.CATEGORY ? categories.size() : 1;
    return own + (column.indicator() ? 1 : 0);
  }

  /** Names of the matrix's columns. */
  List<String> names() {
    var names = new ArrayList<String>();
    if (column.kind() == Column.Kind.CATEGORY) {
      categories.forEach(category -> names.add(name + "=" + category));
    } else {
      names.add(name);
    }
    if (column.indicator()) {
      names.add(name + " missing");
    }
    return names;
  }

  boolean drops(String cell) {
    return cell.isEmpty() && column.missing().policy() == Missing.Policy.ROW_DROPPED;
  }

  /** Writes {@link #width} numbers. */
  void encode(Table table, int row, int at, float[] target, int to) {
    String cell = table.rows().get(row).get(at);
    if (cell.isEmpty() && fill.isEmpty()) {
      throw new KilnException(
          table.place(row, name) + ": is missing; declare what stands in for it");
    }
    if (column.kind() == Column.Kind.CATEGORY) {
      int category = category(table, row, cell.isEmpty() ? fill : cell);
      if (category >= 0) {
        target[to + category] = 1;
      }
    } else {
      target[to] = (float) scaler.apply(value(table, row, at));
    }
    if (column.indicator()) {
      target[to + width() - 1] = cell.isEmpty() ? 1 : 0;
    }
  }

  /** The number of a cell, or the code of an ordinal. */
  private double value(Table table, int row, int at) {
    String cell = table.rows().get(row).get(at);
    String text = cell.isEmpty() ? fill : cell;
    if (column.kind() == Column.Kind.ORDINAL) {
      return category(table, row, text);
    }
    return number(table, row, name, text);
  }

  static double number(Table table, int row, String name, String text) {
    if (!Numbers.isNumber(text) || Double.isInfinite(Double.parseDouble(text))) {
      throw new KilnException(table.place(row, name) + ": \"" + text + "\" is no number");
    }
    return Double.parseDouble(text);
  }

  /** The place of a category; -1 if it is unknown and may be. */
  private int category(Table table, int row, String text) {
    int category = categories.indexOf(text);
    if (category < 0 && column.unseen() == Column.Unseen.REFUSED) {
      throw new KilnException(
          "%s: \"%s\" is none of %s"
              .formatted(table.place(row, name), text, String.join(", ", categories)));
    }
    return category;
  }
}
