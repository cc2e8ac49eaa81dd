package dev.kiln.ops.classical;

import java.util.Arrays;

/**
 * Rows of features with a goal each. A class is a goal of ones and zeros, so that means of goals
 * are shares of classes; a number is a goal of one number.
 */
public final class Samples {
  private static final String NAME = "Samples";

  /** Sums of squares of as many as fit an array are still finite. */
  private static final double LARGEST = 1e145;

  private final double[][] features;
  private final double[][] goals;
  private final int columns;
  private final boolean ofClasses;

  private Samples(double[][] features, double[][] goals, boolean ofClasses) {
    this.columns = Inputs.rows(NAME, features);
    this.features = features;
    this.goals = goals;
    this.ofClasses = ofClasses;
  }

  /**
   * Samples of classes.
   *
   * @param features a row for each sample; not copied
   * @param classes from 0 on
   * @throws dev.kiln.runtime.KilnException if there are no samples, numbers are not finite, or a
   *     class is negative
   */
  public static Samples ofClasses(double[][] features, int[] classes) {
    Inputs.sameLength(NAME, "classes", classes.length, features.length);
    int count = Arrays.stream(classes).max().orElse(0) + 1;
    double[][] goals = new double[classes.length][];
    for (int i = 0; i < classes.length; i++) {
      if (classes[i] < 0) {
        throw Inputs.fault(
            NAME, "classes must be 0 or above, but class " + i + " is " + classes[i]);
      }
      goals[i] = new double[count];
      goals[i][classes[i]] = 1;
    }
    return new Samples(features, goals, true);
  }

  /**
   * Samples of numbers.
   *
   * @param features a row for each sample; not copied
   * @param numbers one for each
   * @throws dev.kiln.runtime.KilnException if there are no samples, or numbers are not finite or
   *     above 1e145 in magnitude, for their squares count
   */
  public static Samples ofNumbers(double[][] features, double[] numbers) {
    Inputs.sameLength(NAME, "numbers", numbers.length, features.length);
    Inputs.finite(NAME, "numbers", numbers);
    for (int i = 0; i < numbers.length; i++) {
      if (Math.abs(numbers[i]) > LARGEST) {
        throw Inputs.fault(
            NAME, "numbers must be at most " + LARGEST + ", but number " + i + " is " + numbers[i]);
      }
    }
    double[][] goals = new double[numbers.length][];
    Arrays.setAll(goals, i -> new double[] {numbers[i]});
    return new Samples(features, goals, false);
  }

  /** The same features with other numbers as goals. */
  Samples withNumbers(double[] numbers) {
    return ofNumbers(features, numbers);
  }

  /** How many samples. */
  public int size() {
    return features.length;
  }

  /** How many features each has. */
  public int columns() {
    return columns;
  }

  /** Whether goals are classes. */
  public boolean areOfClasses() {
    return ofClasses;
  }

  /**
   * What tallies measure from: for numbers one like them, for classes 0, so that counts are exact.
   */
  double[] origin(double[] like) {
    return ofClasses ? new double[like.length] : like;
  }

  double[] row(int sample) {
    return features[sample];
  }

  double[] goal(int sample) {
    return goals[sample];
  }

  void check(Impurity impurity) {
    if ((impurity == Impurity.VARIANCE) == ofClasses) {
      throw Inputs.fault(
          NAME, impurity + " is not for " + (ofClasses ? "classes" : "numbers, but for classes"));
    }
  }
}
