package dev.kiln.ops.classical;

import java.util.Arrays;

/** A part of a tree. */
public sealed interface TreeNode {
  /** The mean goal of the samples that came here: shares of classes, or one number. */
  double[] value();

  /**
   * What is lost if this were a leaf, as a share of all samples: those of another class than the
   * most frequent one here, or the sum of squared deviations from the mean.
   */
  double risk();

  /** How many leaves hang here. */
  int leaves();

  /** The risk of all leaves that hang here. */
  double leafRisk();

  /** The most splits from here to a leaf. */
  int depth();

  /** The end of a path. */
  record Leaf(double[] value, double risk) implements TreeNode {
    @Override
    public int leaves() {
      return 1;
    }

    @Override
    public double leafRisk() {
      return risk;
    }

    @Override
    public int depth() {
      return 0;
    }

    @Override
    public String toString() {
      return Arrays.toString(value);
    }
  }

  /**
   * A question.
   *
   * @param feature which one
   * @param threshold rows with at most that go left, others right
   * @param gain how much the split lowers the impurity here
   */
  record Split(
      double[] value,
      double risk,
      int feature,
      double threshold,
      double gain,
      TreeNode left,
      TreeNode right)
      implements TreeNode {
    @Override
    public int leaves() {
      return left.leaves() + right.leaves();
    }

    @Override
    public double leafRisk() {
      return left.leafRisk() + right.leafRisk();
    }

    @Override
    public int depth() {
      return 1 + Math.max(left.depth(), right.depth());
    }

    TreeNode next(double[] row) {
      return row[feature] <= threshold ? left : right;
    }

    @Override
    public String toString() {
      return "(x" + feature + " <= " + threshold + " ? " + left + " : " + right + ")";
    }
  }
}
