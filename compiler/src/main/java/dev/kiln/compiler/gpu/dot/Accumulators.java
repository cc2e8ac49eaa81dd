package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;

/** The sums of a product that a thread holds, by their elements. */
final class Accumulators {
  private final LinearLayout layout;
  private final int rows;
  private final Map<Integer, Operand> sums = new LinkedHashMap<>();

  /**
   * @param rows of the instruction, 8 or 16: a thread has two neighbours of a row, and with 16 rows
   *     those of the row eight below too
   */
  Accumulators(Fragment fragment, int rows) {
    this.layout = fragment.layout();
    this.rows = rows;
    for (int register = 0; register < fragment.registers().size(); register++) {
      sums.putIfAbsent(layout.registerIndex(register), fragment.registers().get(register));
    }
  }

  private Accumulators(LinearLayout layout, int rows) {
    this.layout = layout;
    this.rows = rows;
  }

  /** The same elements, all of one value. */
  Accumulators filled(Operand value) {
    var filled = new Accumulators(layout, rows);
    sums.keySet().forEach(index -> filled.sums.put(index, value));
    return filled;
  }

  private int rowAxis() {
    return layout.shape().rank() - 2;
  }

  private int columnAxis() {
    return rowAxis() + 1;
  }

  /** First rows of the instructions of a thread's warp, less what the warp adds. */
  List<Integer> rowsOfTiles() {
    return combinations(steps(rowAxis(), rows));
  }

  /** First columns likewise. */
  List<Integer> columnsOfTiles() {
    return combinations(steps(columnAxis(), 8));
  }

  List<Integer> batches() {
    return layout.shape().rank() == 3 ? combinations(steps(0, 1)) : List.of(0);
  }

  /** The least distance of columns between instructions of a warp; 0 if there is but one. */
  int columnStep() {
    return steps(columnAxis(), 8).stream().min(Integer::compare).orElse(0);
  }

  /** What registers add to a coordinate, from the extent of an instruction on. */
  private List<Integer> steps(int axis, int from) {
    return Arrays.stream(layout.registers())
        .map(vector -> layout.coordinate(axis, vector))
        .filter(step -> step >= from)
        .boxed()
        .sorted()
        .toList();
  }

  private static List<Integer> combinations(List<Integer> steps) {
    List<Integer> all = new ArrayList<>(List.of(0));
    for (int step : steps) {
      int count = all.size();
      for (int i = 0; i < count; i++) {
        all.add(all.get(i) + step);
      }
    }
    return all;
  }

  /** The elements of an instruction's accumulator, in its order; small tiles repeat some. */
  private int[] elements(int batch, int row, int column) {
    int[] elements = new int[rows / 4];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = index(batch, row + 8 * (i >> 1), column + (i & 1));
    }
    return elements;
  }

  private int index(int batch, int row, int column) {
    int index = inside(rowAxis(), row) | inside(columnAxis(), column);
    return layout.shape().rank() == 3 ? index | inside(0, batch) : index;
  }

  private int inside(int axis, int coordinate) {
    return (coordinate & layout.shape().dim(axis) - 1) << layout.axisShift(axis);
  }

  List<Operand> get(int batch, int row, int column) {
    return Arrays.stream(elements(batch, row, column)).mapToObj(sums::get).toList();
  }

  /** Of elements that an instruction repeats the first is kept. */
  void set(int batch, int row, int column, List<? extends Operand> values) {
    int[] elements = elements(batch, row, column);
    for (int i = elements.length - 1; i >= 0; i--) {
      sums.put(elements[i], values.get(i));
    }
  }

  /** Each sum together with another one of the same element. */
  Accumulators combined(Accumulators others, BinaryOperator<Operand> combine) {
    var combined = new Accumulators(layout, rows);
    sums.forEach(
        (index, sum) -> combined.sums.put(index, combine.apply(sum, others.sums.get(index))));
    return combined;
  }

  Fragment fragment() {
    var registers = new ArrayList<Operand>();
    for (int register = 0; register < layout.registerCount(); register++) {
      registers.add(sums.get(layout.registerIndex(register)));
    }
    return new Fragment(layout, registers);
  }
}
