package dev.kiln.ops.classical;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Trees that are added up, each fitted to what the ones before left over (Friedman, "Greedy
 * Function Approximation: A Gradient Boosting Machine", 2001). Numbers start at their mean, and
 * residuals are differences. Classes start at the logarithms of their shares, a round has a tree
 * for each class, residuals are differences from the softmax, and leaves hold a Newton step.
 * Immutable.
 */
public final class GradientBoosting {
  private static final String NAME = "GradientBoosting";

  private final double[] start;
  private final List<List<DecisionTree>> rounds;
  private final double rate;
  private final boolean ofClasses;

  private GradientBoosting(
      double[] start, List<List<DecisionTree>> rounds, double rate, boolean ofClasses) {
    this.start = start;
    this.rounds = List.copyOf(rounds);
    this.rate = rate;
    this.ofClasses = ofClasses;
  }

  /**
   * How to boost.
   *
   * @param rounds of trees, at least 0
   * @param rate by which each tree is weighed, above 0
   * @param tree how trees grow; with {@link Impurity#VARIANCE}, as residuals are numbers
   */
  public record Settings(int rounds, double rate, TreeSettings tree) {
    public Settings {
      Inputs.atLeast(NAME, "the number of rounds", rounds, 0);
      Inputs.positive(NAME, "the rate", rate);
      if (tree.impurity() != Impurity.VARIANCE) {
        throw Inputs.fault(NAME, "trees must lower VARIANCE, not " + tree.impurity());
      }
    }

    /** 100 trees of depth 3, weighed by 0.1. */
    public static Settings standard() {
      return new Settings(100, 0.1, TreeSettings.of(Impurity.VARIANCE).withDepth(3));
    }
  }

  /** Fits the trees. */
  public static GradientBoosting fit(Samples samples, Settings settings) {
    double[] start = start(samples);
    double[][] scores = new double[samples.size()][];
    Arrays.setAll(scores, i -> start.clone());
    List<List<DecisionTree>> rounds = new ArrayList<>();
    for (int round = 0; round < settings.rounds(); round++) {
      double[][] residuals = residuals(samples, scores);
      List<DecisionTree> trees = new ArrayList<>();
      for (int c = 0; c < start.length; c++) {
        trees.add(tree(samples, column(residuals, c), start.length, settings.tree()));
      }
      for (int i = 0; i < scores.length; i++) {
        add(trees, samples.row(i), settings.rate(), scores[i]);
      }
      rounds.add(List.copyOf(trees));
    }
    return new GradientBoosting(start, rounds, settings.rate(), samples.areOfClasses());
  }

  private static double[] start(Samples samples) {
    Tally tally = new Tally(samples.origin(samples.goal(0)));
    for (int i = 0; i < samples.size(); i++) {
      tally.add(samples.goal(i), 1);
    }
    double[] start = tally.means();
    if (samples.areOfClasses()) {
      // A class that never occurs stays far below the others, but finite.
      double least = 1e-9;
      Arrays.setAll(start, c -> Math.log(Math.max(start[c], least)));
    }
    return start;
  }

  /** What is left to explain: goals without predictions. */
  private static double[][] residuals(Samples samples, double[][] scores) {
    double[][] residuals = new double[scores.length][];
    for (int i = 0; i < scores.length; i++) {
      double[] predicted = predicted(scores[i], samples.areOfClasses());
      double[] goal = samples.goal(i);
      residuals[i] = new double[goal.length];
      Arrays.setAll(residuals[i], c -> goal[c] - predicted[c]);
    }
    return residuals;
  }

  private static double[] column(double[][] rows, int column) {
    return Arrays.stream(rows).mapToDouble(row -> row[column]).toArray();
  }

  private static DecisionTree tree(
      Samples samples, double[] residuals, int classes, TreeSettings settings) {
    Samples left = samples.withNumbers(residuals);
    DecisionTree tree = DecisionTree.fit(left, settings);
    return samples.areOfClasses()
        ? tree.withNumbers(left, here -> newtonStep(residuals, here, classes))
        : tree;
  }

  /** Friedman's equation 36. */
  private static double newtonStep(double[] residuals, int[] here, int classes) {
    double sum = 0;
    double curvature = 0;
    for (int i : here) {
      double r = residuals[i];
      sum += r;
      curvature += Math.abs(r) * (1 - Math.abs(r));
    }
    return curvature == 0 ? 0 : (classes - 1.0) / classes * sum / curvature;
  }

  private static void add(List<DecisionTree> trees, double[] row, double rate, double[] scores) {
    for (int c = 0; c < scores.length; c++) {
      scores[c] += rate * trees.get(c).number(row);
    }
  }

  private static double[] predicted(double[] scores, boolean ofClasses) {
    if (!ofClasses) {
      return scores;
    }
    double largest = Arrays.stream(scores).max().orElseThrow();
    double[] shares = Arrays.stream(scores).map(s -> Math.exp(s - largest)).toArray();
    double sum = Arrays.stream(shares).sum();
    return Arrays.stream(shares).map(s -> s / sum).toArray();
  }

  /** What all predictions start from: the mean, or the logarithms of the shares of classes. */
  public double[] start() {
    return start.clone();
  }

  /** The trees of each round: one for numbers, one for each class. */
  public List<List<DecisionTree>> rounds() {
    return rounds;
  }

  /** Differences of the goals of samples from what is predicted, a row for each sample. */
  public double[][] residuals(Samples samples) {
    double[][] scores = new double[samples.size()][];
    Arrays.setAll(scores, i -> scores(samples.row(i)));
    return residuals(samples, scores);
  }

  private double[] scores(double[] row) {
    double[] scores = start.clone();
    rounds.forEach(trees -> add(trees, row, rate, scores));
    return scores;
  }

  /** Probabilities of classes, or one number. */
  public double[] predict(double[] row) {
    return predicted(scores(row), ofClasses);
  }

  /** The most probable class; the first of several. */
  public int classify(double[] row) {
    return DecisionTree.largest(predict(row));
  }

  /** The number. */
  public double number(double[] row) {
    return predict(row)[0];
  }
}
