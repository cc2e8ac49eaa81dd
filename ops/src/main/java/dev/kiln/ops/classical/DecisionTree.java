package dev.kiln.ops.classical;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A tree of questions, each about one feature, for classes or for numbers (Breiman, Friedman,
 * Olshen and Stone, "Classification and Regression Trees", 1984). Immutable.
 */
public final class DecisionTree {
  private static final String NAME = "DecisionTree";

  private final TreeNode root;
  private final int columns;

  private DecisionTree(TreeNode root, int columns) {
    this.root = root;
    this.columns = columns;
  }

  /**
   * Grows a tree.
   *
   * @throws dev.kiln.runtime.KilnException if the impurity is not for such goals
   */
  public static DecisionTree fit(Samples samples, TreeSettings settings) {
    return fit(samples, IntStream.range(0, samples.size()).toArray(), settings);
  }

  /** Of samples that were drawn; one may be there more than once. */
  static DecisionTree fit(Samples samples, int[] drawn, TreeSettings settings) {
    samples.check(settings.impurity());
    var growth = new TreeGrowth(samples, settings, drawn.length);
    return new DecisionTree(growth.node(drawn, 0), samples.columns());
  }

  public TreeNode root() {
    return root;
  }

  /**
   * The cost {@code R + alpha |leaves|}, where {@code R} is the share of wrongly classified
   * training samples, or the mean squared error of numbers.
   */
  public double cost(double alpha) {
    return root.leafRisk() + alpha * root.leaves();
  }

  /**
   * The tree of the least cost among all that come of this by making leaves of nodes; the smallest
   * of several.
   *
   * @param alpha the price of a leaf, at least 0
   */
  public DecisionTree pruned(double alpha) {
    Inputs.notNegative(NAME, "alpha", alpha);
    return new DecisionTree(pruned(root, alpha), columns);
  }

  private static TreeNode pruned(TreeNode node, double alpha) {
    return switch (node) {
      case TreeNode.Leaf leaf -> leaf;
      case TreeNode.Split split -> {
        TreeNode left = pruned(split.left(), alpha);
        TreeNode right = pruned(split.right(), alpha);
        double cost = left.leafRisk() + right.leafRisk() + alpha * (left.leaves() + right.leaves());
        yield split.risk() + alpha <= cost
            ? new TreeNode.Leaf(split.value(), split.risk())
            : new TreeNode.Split(
                split.value(),
                split.risk(),
                split.feature(),
                split.threshold(),
                split.gain(),
                left,
                right);
      }
    };
  }

  /**
   * Shares of classes, or one number.
   *
   * @throws dev.kiln.runtime.KilnException if the row has another number of features, or one that
   *     is not finite
   */
  public double[] predict(double[] row) {
    return leaf(row).value().clone();
  }

  /** The most frequent class; the first of several. */
  public int classify(double[] row) {
    return largest(predict(row));
  }

  /** The number. */
  public double number(double[] row) {
    return predict(row)[0];
  }

  static int largest(double[] shares) {
    int largest = 0;
    for (int c = 1; c < shares.length; c++) {
      largest = shares[c] > shares[largest] ? c : largest;
    }
    return largest;
  }

  private TreeNode.Leaf leaf(double[] row) {
    Inputs.row(NAME, "the row", row, columns);
    TreeNode node = root;
    while (node instanceof TreeNode.Split split) {
      node = split.next(row);
    }
    return (TreeNode.Leaf) node;
  }

  /** A number for the samples of a leaf. */
  interface LeafNumber {
    double of(int[] samples);
  }

  /** The same questions with other numbers in the leaves, by the samples that come there. */
  DecisionTree withNumbers(Samples samples, LeafNumber number) {
    int[] all = IntStream.range(0, samples.size()).toArray();
    return new DecisionTree(withNumbers(root, samples, all, number), columns);
  }

  private static TreeNode withNumbers(
      TreeNode node, Samples samples, int[] here, LeafNumber number) {
    return switch (node) {
      case TreeNode.Leaf leaf -> new TreeNode.Leaf(new double[] {number.of(here)}, leaf.risk());
      case TreeNode.Split split -> {
        List<Integer> left = new ArrayList<>();
        List<Integer> right = new ArrayList<>();
        for (int i : here) {
          (split.next(samples.row(i)) == split.left() ? left : right).add(i);
        }
        yield new TreeNode.Split(
            split.value(),
            split.risk(),
            split.feature(),
            split.threshold(),
            split.gain(),
            withNumbers(split.left(), samples, ints(left), number),
            withNumbers(split.right(), samples, ints(right), number));
      }
    };
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(i -> i).toArray();
  }

  @Override
  public String toString() {
    return root.toString();
  }
}
