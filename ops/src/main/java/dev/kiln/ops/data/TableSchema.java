package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * What the columns of a table mean, and which of them a model shall tell.
 *
 * @param inputs by their names, in the order that the model sees them
 * @param targets one column of classes, or columns of numbers; empty before they are declared
 * @param classes whether the target is a class
 * @param classOrder of the classes; where empty, those of the training part, sorted
 * @param targetScaling of target numbers
 */
public record TableSchema(
    SequencedMap<String, Column> inputs,
    List<String> targets,
    boolean classes,
    List<String> classOrder,
    Scaling targetScaling) {
  /** Texts of at most so many different values are categories. */
  private static final int FEW = 20;

  /** Or of so small a part of the rows. */
  private static final double SMALL_PART = 0.05;

  public TableSchema {
    inputs = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(inputs));
    targets = List.copyOf(targets);
    classOrder = List.copyOf(classOrder);
  }

  /**
   * Takes a column for numbers if all its cells are numbers; for categories if it has at most 20
   * different texts, or a twentieth of the number of rows; else for text.
   */
  public static TableSchema infer(Table table) {
    var inputs = new LinkedHashMap<String, Column>();
    for (String name : table.columns()) {
      List<String> cells = table.cells(name).stream().filter(c -> !c.isEmpty()).toList();
      inputs.put(name, inferred(cells));
    }
    return new TableSchema(inputs, List.of(), true, List.of(), Scaling.NONE);
  }

  private static Column inferred(List<String> cells) {
    if (cells.isEmpty()) {
      return Column.text();
    }
    if (cells.stream().allMatch(Numbers::isNumber)) {
      return Column.number();
    }
    long distinct = cells.stream().distinct().count();
    return distinct <= FEW || distinct <= SMALL_PART * cells.size()
        ? Column.category()
        : Column.text();
  }

  /**
   * Declares an input.
   *
   * @throws KilnException if the table has no such column, or it is a target
   */
  public TableSchema with(String name, Column column) {
    requireInput(name);
    var changed = new LinkedHashMap<>(inputs);
    changed.put(name, column);
    return new TableSchema(changed, targets, classes, classOrder, targetScaling);
  }

  /** Leaves a column out. */
  public TableSchema without(String name) {
    requireInput(name);
    var changed = new LinkedHashMap<>(inputs);
    changed.remove(name);
    return new TableSchema(changed, targets, classes, classOrder, targetScaling);
  }

  /** Scales all columns of numbers. */
  public TableSchema scaled(Scaling scaling) {
    var changed = new LinkedHashMap<>(inputs);
    changed.replaceAll((n, c) -> c.kind() == Column.Kind.NUMBER ? c.scaled(scaling) : c);
    return new TableSchema(changed, targets, classes, classOrder, targetScaling);
  }

  /** Treats missing numbers so; columns of another kind stay. */
  public TableSchema missingNumbers(Missing missing) {
    var changed = new LinkedHashMap<>(inputs);
    changed.replaceAll((n, c) -> c.kind() == Column.Kind.NUMBER ? c.missing(missing) : c);
    return new TableSchema(changed, targets, classes, classOrder, targetScaling);
  }

  /**
   * Declares the column that holds the class, in place of targets declared before.
   *
   * @param order of the classes; if left out, those of the training part, numbers by their size,
   *     texts by the alphabet
   */
  public TableSchema classes(String name, String... order) {
    requireColumn(name);
    var changed = new LinkedHashMap<>(inputs);
    changed.remove(name);
    return new TableSchema(changed, List.of(name), true, List.of(order), Scaling.NONE);
  }

  /**
   * Declares the columns that hold the numbers to tell, in place of targets declared before.
   *
   * @param scaling what the model tells them in; see {@link TableEncoder#original}
   */
  public TableSchema numbers(Scaling scaling, String... names) {
    var changed = new LinkedHashMap<>(inputs);
    for (String name : names) {
      requireColumn(name);
      changed.remove(name);
    }
    return new TableSchema(changed, Arrays.asList(names), false, List.of(), scaling);
  }

  private void requireColumn(String name) {
    if (!targets.contains(name)) {
      requireInput(name);
    }
  }

  private void requireInput(String name) {
    if (!inputs.containsKey(name)) {
      throw new KilnException(
          "there is no input column \"%s\"; there are %s"
              .formatted(name, String.join(", ", inputs.keySet())));
    }
  }
}
