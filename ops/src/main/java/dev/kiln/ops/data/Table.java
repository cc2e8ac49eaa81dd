package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Rows of texts under named columns. A missing cell is empty.
 *
 * @param source what faults call it, commonly a file
 * @param columns names, all different
 * @param rows as many cells each as there are columns
 * @param lines of the file where each row starts, from 1
 */
public record Table(String source, List<String> columns, List<List<String>> rows, int[] lines) {
  public Table {
    columns = List.copyOf(columns);
    var seen = new HashSet<String>();
    for (String column : columns) {
      if (!seen.add(column)) {
        throw new KilnException(source + ": two columns are called \"" + column + "\"");
      }
    }
  }

  /** How many rows there are. */
  public int size() {
    return rows.size();
  }

  /**
   * Where a column is.
   *
   * @throws KilnException if there is none of that name; tells those there are
   */
  public int column(String name) {
    int column = columns.indexOf(name);
    if (column < 0) {
      throw new KilnException(
          "%s: has no column \"%s\"; it has %s"
              .formatted(source, name, String.join(", ", columns)));
    }
    return column;
  }

  /** The cells of a column. */
  public List<String> cells(String name) {
    int column = column(name);
    return rows.stream().map(row -> row.get(column)).toList();
  }

  /** Some rows, such as a part of a {@link Split}. */
  public Table subset(int... indices) {
    int[] kept = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      Dataset.requireIndex(indices[i], rows.size());
      kept[i] = lines[indices[i]];
    }
    List<List<String>> chosen = Arrays.stream(indices).mapToObj(rows::get).toList();
    return new Table(source, columns, chosen, kept);
  }

  /** The rows that have something in a column, such as the target. */
  public Table present(String name) {
    int column = column(name);
    return subset(
        IntStream.range(0, rows.size()).filter(i -> !rows.get(i).get(column).isEmpty()).toArray());
  }

  /**
   * The different texts of a column, missing ones left out: numbers by their size, if all are, else
   * by the alphabet. Such as the classes, which a training part may not have all.
   */
  public List<String> distinct(String name) {
    return FittedColumn.sorted(cells(name).stream().filter(c -> !c.isEmpty()).toList());
  }

  /** A number for each different text of a column, for a stratified {@link Split}. */
  public int[] codes(String name) {
    List<String> cells = cells(name);
    List<String> distinct = List.copyOf(new TreeSet<>(cells));
    return cells.stream().mapToInt(cell -> Collections.binarySearch(distinct, cell)).toArray();
  }

  /** How faults call a cell: the file, the line and the column. */
  String place(int row, String column) {
    return "%s: line %d, column \"%s\"".formatted(source, lines[row], column);
  }
}
