package dev.kiln.ops.classical;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** What methods ask of the numbers they are fitted to. */
final class Inputs {
  private Inputs() {}

  static KilnException fault(String operation, String fault) {
    return new KilnException(operation + ": " + fault);
  }

  /**
   * At least one row, all of one length of at least 1, of finite numbers.
   *
   * @return the length
   */
  static int rows(String operation, double[][] rows) {
    if (rows.length == 0) {
      throw fault(operation, "there must be at least one row");
    }
    int columns = rows[0].length;
    if (columns == 0) {
      throw fault(operation, "rows must have at least one column");
    }
    for (int i = 0; i < rows.length; i++) {
      row(operation, "row " + i, rows[i], columns);
    }
    return columns;
  }

  /** So many finite numbers. */
  static void row(String operation, String name, double[] row, int columns) {
    if (row.length != columns) {
      throw fault(operation, name + " must have " + columns + " columns, but has " + row.length);
    }
    for (int j = 0; j < columns; j++) {
      if (!Double.isFinite(row[j])) {
        throw fault(
            operation,
            "numbers must be finite, but " + name + " holds " + row[j] + " in column " + j);
      }
    }
  }

  static void finite(String operation, String name, double[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      if (!Double.isFinite(numbers[i])) {
        throw fault(operation, name + " must be finite, but number " + i + " is " + numbers[i]);
      }
    }
  }

  static void sameLength(String operation, String name, int length, int rows) {
    if (length != rows) {
      throw fault(operation, "there are " + rows + " rows, but " + length + " " + name);
    }
  }

  /** A matrix with at least one row and one column, of finite floats; returns its numbers. */
  static double[] matrix(String operation, String name, NdArray array) {
    if (array.rank() != 2 || array.size() == 0 || !array.dtype().isFloat()) {
      throw fault(
          operation,
          name + " must be a matrix of floats with at least one row and column, but is " + array);
    }
    double[] numbers = array.toDoubles();
    finite(operation, name, numbers);
    return numbers;
  }

  static void atLeast(String operation, String name, long value, long least) {
    if (value < least) {
      throw fault(operation, name + " must be at least " + least + ", but is " + value);
    }
  }

  /** Finite, and above 0. */
  static void positive(String operation, String name, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw fault(operation, name + " must be above 0, but is " + value);
    }
  }

  /** Finite, and 0 or above. */
  static void notNegative(String operation, String name, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw fault(operation, name + " must be at least 0, but is " + value);
    }
  }
}
