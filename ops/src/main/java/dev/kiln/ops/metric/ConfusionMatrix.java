package dev.kiln.ops.metric;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How often each class was taken for each other, and what follows from it. Its value is the
 * accuracy.
 */
public final class ConfusionMatrix implements ClassMetric {
  /** How figures of classes become one. */
  public enum Average {
    /** Counts are added up first: each row weighs the same. */
    MICRO,
    /** The mean over classes that were labels or predictions. */
    MACRO,
    /** The mean over classes, weighted by their labels. */
    WEIGHTED
  }

  private final List<String> names;
  private final long[][] counts;

  /** For classes with names. */
  public ConfusionMatrix(List<String> names) {
    this.names = List.copyOf(names);
    if (names.isEmpty()) {
      throw new KilnException("confusion matrix: no classes; it needs at least one");
    }
    counts = new long[names.size()][names.size()];
  }

  /** For classes called 0, 1, 2 ... */
  public ConfusionMatrix(int classes) {
    this(IntStream.range(0, classes).mapToObj(String::valueOf).toList());
  }

  @Override
  public String name() {
    return "confusion matrix";
  }

  public List<String> names() {
    return names;
  }

  public int classes() {
    return names.size();
  }

  @Override
  public void update(float[] scores, int[] labels) {
    int columns = Rows.classes(name(), scores, labels);
    if (labels.length > 0 && columns != classes()) {
      throw new KilnException(
          "confusion matrix: scores are [%d, %d]; there are %d classes"
              .formatted(labels.length, columns, classes()));
    }
    for (int row = 0; row < labels.length; row++) {
      if (labels[row] >= 0) {
        counts[labels[row]][Rows.largest(scores, row, columns)]++;
      }
    }
  }

  /** Adds predicted classes [n] against labels [n]; rows with a negative label are left out. */
  public void update(int[] predicted, int[] labels) {
    Rows.sameLength(name(), predicted.length, labels.length);
    for (int row = 0; row < labels.length; row++) {
      Rows.label(name(), labels[row], classes(), row);
      Rows.label(name(), predicted[row], classes(), row);
      if (predicted[row] < 0) {
        throw new KilnException(
            "confusion matrix: row %d is predicted %d; classes are 0 to %d"
                .formatted(row, predicted[row], classes() - 1));
      }
    }
    for (int row = 0; row < labels.length; row++) {
      if (labels[row] >= 0) {
        counts[labels[row]][predicted[row]]++;
      }
    }
  }

  /**
   * Adds rows that are counted already.
   *
   * @throws KilnException if a class is none of 0 to {@link #classes} - 1
   */
  public void add(int label, int predicted, long rows) {
    counts[index(label)][index(predicted)] += rows;
  }

  /** Rows of one label that were predicted to be a class. */
  public long count(int label, int predicted) {
    return counts[index(label)][index(predicted)];
  }

  private int index(int c) {
    if (c < 0 || c >= classes()) {
      throw new KilnException(
          "confusion matrix: there is no class %d; classes are 0 to %d"
              .formatted(c, classes() - 1));
    }
    return c;
  }

  /** Counts [label][predicted], a copy. */
  public long[][] counts() {
    return Arrays.stream(counts).map(long[]::clone).toArray(long[][]::new);
  }

  public long rows() {
    long rows = 0;
    for (int i = 0; i < classes(); i++) {
      rows += labelled(i);
    }
    return rows;
  }

  private long labelled(int c) {
    return Arrays.stream(counts[c]).sum();
  }

  private long predicted(int c) {
    long sum = 0;
    for (long[] row : counts) {
      sum += row[c];
    }
    return sum;
  }

  /** Right predictions of a class among its predictions; 0 where there are none. */
  public double precision(int c) {
    return ratio(count(c, c), predicted(c));
  }

  /** Right predictions of a class among its labels; 0 where there are none. */
  public double recall(int c) {
    return ratio(count(c, c), labelled(c));
  }

  /** {@code 2PR/(P + R)}; 0 where that is undefined. */
  public double f1(int c) {
    double precision = precision(c);
    double recall = recall(c);
    double sum = precision + recall;
    return sum == 0 ? 0 : 2 * precision * recall / sum;
  }

  public double precision(Average average) {
    return average(average, this::precision);
  }

  public double recall(Average average) {
    return average(average, this::recall);
  }

  /** Over classes, the mean of each class's F1. */
  public double f1(Average average) {
    return average(average, this::f1);
  }

  private double average(Average average, IntToDoubleFunction figure) {
    return switch (average) {
      // With one label a row, all three are the accuracy.
      case MICRO -> rows() == 0 ? 0 : value();
      case MACRO -> mean(figure, false);
      case WEIGHTED -> mean(figure, true);
    };
  }

  private double mean(IntToDoubleFunction figure, boolean weighted) {
    double sum = 0;
    long weights = 0;
    for (int c = 0; c < classes(); c++) {
      long weight = weighted ? labelled(c) : Math.min(1, labelled(c) + predicted(c));
      sum += weight * figure.applyAsDouble(c);
      weights += weight;
    }
    return ratio(sum, weights);
  }

  private static double ratio(double part, long whole) {
    return whole == 0 ? 0 : part / whole;
  }

  @Override
  public double value() {
    long right = 0;
    for (int c = 0; c < classes(); c++) {
      right += counts[c][c];
    }
    long rows = rows();
    return rows == 0 ? Double.NaN : (double) right / rows;
  }

  @Override
  public void reset() {
    for (long[] row : counts) {
      Arrays.fill(row, 0);
    }
  }
}
