package dev.kiln.ops.metric;

import dev.kiln.ops.metric.ConfusionMatrix.Average;
import java.util.Locale;

/** Precision, recall or F1 as one number. */
public final class ClassScore implements ClassMetric {
  /** Which figure. */
  public enum Figure {
    PRECISION,
    RECALL,
    F1
  }

  private final Figure figure;
  private final Average average;
  private final ConfusionMatrix matrix;

  public ClassScore(Figure figure, Average average, int classes) {
    this.figure = figure;
    this.average = average;
    this.matrix = new ConfusionMatrix(classes);
  }

  @Override
  public String name() {
    return (average + " " + figure).toLowerCase(Locale.ROOT);
  }

  @Override
  public void update(float[] scores, int[] labels) {
    matrix.update(scores, labels);
  }

  @Override
  public double value() {
    if (matrix.rows() == 0) {
      return Double.NaN;
    }
    return switch (figure) {
      case PRECISION -> matrix.precision(average);
      case RECALL -> matrix.recall(average);
      case F1 -> matrix.f1(average);
    };
  }

  @Override
  public void reset() {
    matrix.reset();
  }
}
