package dev.kiln.ops.classical;

/**
 * How a tree grows.
 *
 * @param impurity that splits lower
 * @param depth the most splits from the root to a leaf, from 0 to {@value #MOST_DEPTH}
 * @param leafSize the fewest samples of a leaf, at least 1
 * @param features how many features, drawn anew at each node, a split chooses from; 0 for all
 * @param seed of that choice
 */
public record TreeSettings(Impurity impurity, int depth, int leafSize, int features, long seed) {
  /** Deeper trees than any that helps; it bounds what rows in a chain can do. */
  public static final int MOST_DEPTH = 1000;

  private static final String NAME = "TreeSettings";

  public TreeSettings {
    Inputs.atLeast(NAME, "the depth", depth, 0);
    if (depth > MOST_DEPTH) {
      throw Inputs.fault(NAME, "the depth must be at most " + MOST_DEPTH + ", but is " + depth);
    }
    Inputs.atLeast(NAME, "the size of a leaf", leafSize, 1);
    Inputs.atLeast(NAME, "the number of features", features, 0);
  }

  /** Grows until leaves are pure, by all features. */
  public static TreeSettings of(Impurity impurity) {
    return new TreeSettings(impurity, MOST_DEPTH, 1, 0, 0);
  }

  public TreeSettings withDepth(int newDepth) {
    return new TreeSettings(impurity, newDepth, leafSize, features, seed);
  }

  public TreeSettings withLeafSize(int newLeafSize) {
    return new TreeSettings(impurity, depth, newLeafSize, features, seed);
  }

  public TreeSettings withFeatures(int newFeatures) {
    return new TreeSettings(impurity, depth, leafSize, newFeatures, seed);
  }

  public TreeSettings withSeed(long newSeed) {
    return new TreeSettings(impurity, depth, leafSize, features, newSeed);
  }
}
