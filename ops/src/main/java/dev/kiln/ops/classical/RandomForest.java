package dev.kiln.ops.classical;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Many trees, each grown from samples drawn with replacement, and at each node from {@code sqrt(n)}
 * of the {@code n} features, rounded down; what they say is averaged (Breiman, "Random Forests",
 * 2001). Immutable.
 */
public final class RandomForest {
  private static final String NAME = "RandomForest";

  private final List<DecisionTree> trees;

  private RandomForest(List<DecisionTree> trees) {
    this.trees = List.copyOf(trees);
  }

  /**
   * @param trees how many, at least 1
   * @param settings of each tree; {@link TreeSettings#features} 0 stands for the root of their
   *     number, and the seed for that of the whole forest
   * @throws dev.kiln.runtime.KilnException if the impurity is not for such goals
   */
  public static RandomForest fit(Samples samples, int trees, TreeSettings settings) {
    Inputs.atLeast(NAME, "the number of trees", trees, 1);
    int features = settings.features() == 0 ? features(samples.columns()) : settings.features();
    var random = new SplittableRandom(settings.seed());
    List<DecisionTree> grown = new ArrayList<>();
    for (int t = 0; t < trees; t++) {
      int[] drawn = new int[samples.size()];
      Arrays.setAll(drawn, i -> random.nextInt(drawn.length));
      TreeSettings ofTree = settings.withFeatures(features).withSeed(random.nextLong());
      grown.add(DecisionTree.fit(samples, drawn, ofTree));
    }
    return new RandomForest(grown);
  }

  /** How many of {@code n} features a node draws: the root of {@code n}, rounded down. */
  public static int features(int n) {
    return Math.max(1, (int) Math.sqrt(n));
  }

  public List<DecisionTree> trees() {
    return trees;
  }

  /** The mean of what the trees predict: shares of classes, or one number. */
  public double[] predict(double[] row) {
    double[] mean = new double[trees.getFirst().root().value().length];
    for (DecisionTree tree : trees) {
      double[] predicted = tree.predict(row);
      Arrays.setAll(mean, c -> mean[c] + predicted[c] / trees.size());
    }
    return mean;
  }

  /** The class of the largest share; the first of several. */
  public int classify(double[] row) {
    return DecisionTree.largest(predict(row));
  }

  /** The number. */
  public double number(double[] row) {
    return predict(row)[0];
  }
}
