package dev.kiln.ops.classical;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Grows a tree from the root, each node by the split that lowers the weighted impurity most. */
final class TreeGrowth {
  private final Samples samples;
  private final TreeSettings settings;
  private final SplittableRandom random;
  private final int total;
  private final int[] columns;

  /** A split, and the weighted impurity of its sides. */
  private record Candidate(int feature, double threshold, double impurity) {}

  TreeGrowth(Samples samples, TreeSettings settings, int total) {
    this.samples = samples;
    this.settings = settings;
    this.total = total;
    random = new SplittableRandom(settings.seed());
    columns = new int[samples.columns()];
    Arrays.setAll(columns, j -> j);
  }

  /**
   * @param drawn the samples, which may come more than once
   */
  TreeNode node(int[] drawn, int depth) {
    Tally tally = new Tally(samples.origin(samples.goal(drawn[0])));
    for (int i : drawn) {
      tally.add(samples.goal(i), 1);
    }
    double[] value = tally.means();
    double risk = risk(tally, value) * drawn.length / total;
    boolean mayGrow = depth < settings.depth() && drawn.length / 2 >= settings.leafSize();
    Candidate best = mayGrow && tally.variance() > 0 ? best(drawn, value) : null;
    if (best == null) {
      return new TreeNode.Leaf(value, risk);
    }
    int[] left = side(drawn, best, true);
    int[] right = side(drawn, best, false);
    double gain = settings.impurity().of(tally) - best.impurity();
    return new TreeNode.Split(
        value,
        risk,
        best.feature(),
        best.threshold(),
        gain,
        node(left, depth + 1),
        node(right, depth + 1));
  }

  private double risk(Tally tally, double[] value) {
    return samples.areOfClasses() ? 1 - Arrays.stream(value).max().orElseThrow() : tally.variance();
  }

  private int[] side(int[] drawn, Candidate split, boolean isLeft) {
    return Arrays.stream(drawn)
        .filter(i -> samples.row(i)[split.feature()] <= split.threshold() == isLeft)
        .toArray();
  }

  /** Of equally good splits the first feature, and there the smallest threshold, wins. */
  private Candidate best(int[] drawn, double[] mean) {
    Candidate best = null;
    for (int feature : features()) {
      Candidate candidate = best(drawn, feature, mean);
      boolean isBetter =
          candidate != null && (best == null || candidate.impurity() < best.impurity());
      best = isBetter ? candidate : best;
    }
    return best;
  }

  /** As many as are wanted, in their order. */
  private int[] features() {
    int count = settings.features();
    if (count == 0 || count >= columns.length) {
      return columns;
    }
    int[] shuffled = columns.clone();
    for (int j = 0; j < count; j++) {
      int other = j + random.nextInt(shuffled.length - j);
      int kept = shuffled[j];
      shuffled[j] = shuffled[other];
      shuffled[other] = kept;
    }
    int[] chosen = Arrays.copyOf(shuffled, count);
    Arrays.sort(chosen);
    return chosen;
  }

  private Candidate best(int[] drawn, int feature, double[] mean) {
    int[] sorted =
        Arrays.stream(drawn)
            .boxed()
            .sorted((i, j) -> Double.compare(samples.row(i)[feature], samples.row(j)[feature]))
            .mapToInt(i -> i)
            .toArray();
    Tally left = new Tally(samples.origin(mean));
    Tally right = new Tally(samples.origin(mean));
    for (int i : sorted) {
      right.add(samples.goal(i), 1);
    }
    Candidate best = null;
    for (int at = 1; at < sorted.length; at++) {
      double[] goal = samples.goal(sorted[at - 1]);
      left.add(goal, 1);
      right.add(goal, -1);
      double below = samples.row(sorted[at - 1])[feature];
      double above = samples.row(sorted[at])[feature];
      int smaller = Math.min(at, sorted.length - at);
      if (below < above && smaller >= settings.leafSize()) {
        double impurity = weighted(left, right);
        if (best == null || impurity < best.impurity()) {
          best = new Candidate(feature, between(below, above), impurity);
        }
      }
    }
    return best;
  }

  private double weighted(Tally left, Tally right) {
    double all = left.count() + right.count();
    return left.count() / all * settings.impurity().of(left)
        + right.count() / all * settings.impurity().of(right);
  }

  /** The middle; the lower one if no number is between them. */
  private static double between(double below, double above) {
    double middle = below / 2 + above / 2;
    return middle >= below && middle < above ? middle : below;
  }
}
