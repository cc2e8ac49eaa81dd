package dev.kiln.ops.classical;

import static dev.kiln.ops.classical.Faults.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecisionTreeTest {
  /** Five of each class; a question leaves 4 and 1 on each side. */
  private static final double[][] FOUR_TO_ONE = column(0, 0, 0, 0, 1, 0, 1, 1, 1, 1);

  private static final int[] HALVES = {0, 0, 0, 0, 0, 1, 1, 1, 1, 1};

  private static double[][] column(double... x) {
    return Arrays.stream(x).mapToObj(v -> new double[] {v}).toArray(double[][]::new);
  }

  @Test
  void entropyOfFourFifthsIs072AndTheGainFromOneBitIs028() {
    assertThat(Impurity.entropy(0.8, 0.2)).isCloseTo(0.72, within(0.005));
    assertThat(Impurity.entropy(0.5, 0.5)).isEqualTo(1);
    assertThat(Impurity.entropy(1, 0)).isZero();
    DecisionTree tree =
        DecisionTree.fit(
            Samples.ofClasses(FOUR_TO_ONE, HALVES), TreeSettings.of(Impurity.ENTROPY).withDepth(1));
    var root = (TreeNode.Split) tree.root();
    assertThat(root.gain()).isCloseTo(0.28, within(0.005));
    assertThat(root.gain()).isCloseTo(1 - Impurity.entropy(0.8, 0.2), within(1e-12));
    assertThat(root.left().value()).containsExactly(0.8, 0.2);
  }

  @Test
  void giniIsOneWithoutTheSquaresOfShares() {
    assertThat(Impurity.gini(0.5, 0.5)).isEqualTo(0.5);
    assertThat(Impurity.gini(0.8, 0.2)).isCloseTo(0.32, within(1e-12));
    assertThat(Impurity.gini(0.25, 0.25, 0.5)).isEqualTo(0.625);
    assertThat(Impurity.gini(0, 1)).isZero();
  }

  @Test
  void theWeightedGiniPicksTheSplit() {
    // Feature 0 leaves a pure side of one sample (weighted 5/6 0.48 = 0.4), feature 1 two sides of
    // two to one (weighted 0.444), feature 2 a pure side of two (weighted 4/6 0.375 = 0.25).
    double[][] x = {{0, 0, 0}, {1, 0, 0}, {1, 1, 1}, {1, 0, 1}, {1, 1, 1}, {1, 1, 1}};
    int[] classes = {0, 0, 0, 1, 1, 1};
    Samples samples = Samples.ofClasses(x, classes);
    var root = (TreeNode.Split) DecisionTree.fit(samples, TreeSettings.of(Impurity.GINI)).root();
    assertThat(root.feature()).isEqualTo(2);
    assertThat(root.threshold()).isEqualTo(0.5);
    assertThat(root.gain()).isCloseTo(0.25, within(1e-12));
  }

  @ParameterizedTest
  @EnumSource(names = {"GINI", "ENTROPY"})
  void learnsExclusiveOrThoughTheFirstQuestionGainsNothing(Impurity impurity) {
    double[][] x = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    int[] classes = {0, 1, 1, 0};
    DecisionTree tree = DecisionTree.fit(Samples.ofClasses(x, classes), TreeSettings.of(impurity));
    for (int i = 0; i < 4; i++) {
      assertThat(tree.classify(x[i])).isEqualTo(classes[i]);
    }
    assertThat(tree.root().depth()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1e8})
  void numbersAreSplitByTheirVarianceHoweverFarFromZero(double offset) {
    double[][] x = column(1, 2, 3, 10, 11, 12);
    double[] y = Arrays.stream(new double[] {1, 2, 1.5, 7, 8, 7.5}).map(v -> v + offset).toArray();
    DecisionTree tree =
        DecisionTree.fit(Samples.ofNumbers(x, y), TreeSettings.of(Impurity.VARIANCE).withDepth(1));
    var root = (TreeNode.Split) tree.root();
    assertThat(root.threshold()).isEqualTo(6.5);
    assertThat(tree.number(new double[] {0})).isCloseTo(offset + 1.5, within(1e-7));
    assertThat(tree.number(new double[] {99})).isCloseTo(offset + 7.5, within(1e-7));
    assertThat(tree.cost(0)).isCloseTo(1 / 6.0, within(1e-7));
  }

  @Test
  void depthAndSizeOfLeavesAreHeld() {
    var random = new SplittableRandom(1);
    double[][] x = new double[200][3];
    int[] classes = new int[200];
    for (int i = 0; i < 200; i++) {
      x[i] = random.doubles(3).toArray();
      classes[i] = random.nextInt(3);
    }
    Samples samples = Samples.ofClasses(x, classes);
    TreeSettings settings = TreeSettings.of(Impurity.GINI);
    assertThat(DecisionTree.fit(samples, settings.withDepth(3)).root().depth()).isEqualTo(3);
    assertThat(DecisionTree.fit(samples, settings.withDepth(0)).root().leaves()).isEqualTo(1);
    assertThat(DecisionTree.fit(samples, settings.withLeafSize(40)).root().leaves())
        .isBetween(2, 5);
    DecisionTree whole = DecisionTree.fit(samples, settings);
    for (int i = 0; i < 200; i++) {
      assertThat(whole.classify(x[i])).isEqualTo(classes[i]);
    }
    assertThat(whole.cost(0)).isZero();
  }

  @Test
  void costIsTheRiskAndAPriceForEachLeaf() {
    Samples samples = Samples.ofClasses(FOUR_TO_ONE, HALVES);
    DecisionTree tree = DecisionTree.fit(samples, TreeSettings.of(Impurity.GINI));
    assertThat(tree.root().leaves()).isEqualTo(2);
    assertThat(tree.cost(0.1)).isCloseTo(0.2 + 2 * 0.1, within(1e-12));
    // As a leaf the root has 0.5 + alpha: less than 0.2 + 2 alpha from 0.3 on.
    assertThat(tree.pruned(0.29).root().leaves()).isEqualTo(2);
    assertThat(tree.pruned(0.31).root().leaves()).isEqualTo(1);
    assertThat(tree.pruned(0.31).cost(0.31)).isCloseTo(0.81, within(1e-12));
  }

  @Test
  void pruningGivesTheCheapestOfAllPrunedTrees() {
    var random = new SplittableRandom(2);
    double[][] x = new double[60][2];
    int[] classes = new int[60];
    for (int i = 0; i < 60; i++) {
      x[i] = random.doubles(2).toArray();
      classes[i] = x[i][0] + 0.3 * random.nextGaussian() > 0.5 ? 1 : 0;
    }
    DecisionTree tree =
        DecisionTree.fit(
            Samples.ofClasses(x, classes), TreeSettings.of(Impurity.ENTROPY).withDepth(4));
    int last = Integer.MAX_VALUE;
    for (double alpha : new double[] {0, 0.01, 0.02, 0.05, 0.1, 1}) {
      DecisionTree pruned = tree.pruned(alpha);
      assertThat(pruned.cost(alpha)).isCloseTo(cheapest(tree.root(), alpha), within(1e-12));
      assertThat(pruned.root().leaves()).isLessThanOrEqualTo(last);
      last = pruned.root().leaves();
    }
    assertThat(last).isEqualTo(1);
  }

  /** The least of both choices at each node. */
  private static double cheapest(TreeNode node, double alpha) {
    double asLeaf = node.risk() + alpha;
    return node instanceof TreeNode.Split split
        ? Math.min(asLeaf, cheapest(split.left(), alpha) + cheapest(split.right(), alpha))
        : asLeaf;
  }

  @Test
  void neighbouringNumbersAreStillToldApart() {
    double low = 1;
    double high = Math.nextUp(low);
    DecisionTree tree =
        DecisionTree.fit(
            Samples.ofClasses(column(low, high), new int[] {0, 1}), TreeSettings.of(Impurity.GINI));
    assertThat(tree.classify(new double[] {low})).isZero();
    assertThat(tree.classify(new double[] {high})).isEqualTo(1);
  }

  @Test
  void equalRowsOfDifferentClassesBecomeOneLeaf() {
    DecisionTree tree =
        DecisionTree.fit(
            Samples.ofClasses(column(4, 4, 4), new int[] {2, 1, 2}),
            TreeSettings.of(Impurity.GINI));
    assertThat(tree.root().leaves()).isEqualTo(1);
    assertThat(tree.classify(new double[] {4})).isEqualTo(2);
    assertThat(tree.cost(0)).isCloseTo(1 / 3.0, within(1e-12));
  }

  @Test
  void rowsThatFallOffOneByOneDoNotMakeAnEndlessTree() {
    double[] x = new double[1500];
    double[] y = new double[1500];
    for (int i = 0; i < 1500; i++) {
      x[i] = i;
      y[i] = Math.pow(1.2, i);
    }
    DecisionTree tree =
        DecisionTree.fit(Samples.ofNumbers(column(x), y), TreeSettings.of(Impurity.VARIANCE));
    assertThat(tree.root().depth()).isBetween(100, TreeSettings.MOST_DEPTH);
    assertThat(tree.pruned(0).number(new double[] {1499})).isEqualTo(y[1499]);
  }

  @Test
  void refusesWhatDoesNotFit() {
    refused(
        () -> TreeSettings.of(Impurity.GINI).withDepth(1001),
        "TreeSettings: the depth must be at most 1000, but is 1001");
    Samples numbers = Samples.ofNumbers(column(1, 2), new double[] {1, 2});
    refused(
        () -> DecisionTree.fit(numbers, TreeSettings.of(Impurity.GINI)),
        "Samples: GINI is not for numbers, but for classes");
    Samples classes = Samples.ofClasses(column(1, 2), new int[] {0, 1});
    refused(
        () -> DecisionTree.fit(classes, TreeSettings.of(Impurity.VARIANCE)),
        "Samples: VARIANCE is not for classes");
    refused(
        () -> Samples.ofClasses(new double[0][], new int[0]),
        "Samples: there must be at least one row");
    refused(
        () -> Samples.ofClasses(column(1), new int[] {-1}),
        "Samples: classes must be 0 or above, but class 0 is -1");
    refused(
        () -> Samples.ofNumbers(column(1), new double[] {Double.NaN}),
        "Samples: numbers must be finite, but number 0 is NaN");
    refused(
        () -> Samples.ofNumbers(column(1), new double[] {1e200}),
        "Samples: numbers must be at most 1.0E145, but number 0 is 1.0E200");
    refused(
        () -> Samples.ofNumbers(column(1, Double.NaN), new double[] {1, 2}),
        "Samples: numbers must be finite, but row 1 holds NaN in column 0");
    DecisionTree tree = DecisionTree.fit(classes, TreeSettings.of(Impurity.GINI));
    refused(
        () -> tree.classify(new double[] {1, 2}),
        "DecisionTree: the row must have 1 columns, but has 2");
    refused(
        () -> tree.classify(new double[] {Double.NaN}),
        "DecisionTree: numbers must be finite, but the row holds NaN in column 0");
    refused(() -> tree.pruned(-1), "DecisionTree: alpha must be at least 0, but is -1.0");
  }
}
