package dev.kiln.ops.classical;

import static dev.kiln.ops.classical.Faults.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Forests and boosting. */
class EnsembleTest {
  private static final TreeSettings NUMBERS = TreeSettings.of(Impurity.VARIANCE);

  /** Two rings around the origin, and noise in two more features. */
  private static double[][] rings(int n, long seed) {
    var random = new SplittableRandom(seed);
    double[][] x = new double[n][];
    for (int i = 0; i < n; i++) {
      double radius = ringOf(i) + 1 + 0.3 * random.nextDouble();
      double angle = 2 * Math.PI * random.nextDouble();
      x[i] =
          new double[] {
            radius * Math.cos(angle),
            radius * Math.sin(angle),
            random.nextGaussian(),
            random.nextGaussian()
          };
    }
    return x;
  }

  private static int ringOf(int i) {
    return i % 2;
  }

  private static int[] classes(int n) {
    int[] classes = new int[n];
    Arrays.setAll(classes, EnsembleTest::ringOf);
    return classes;
  }

  @Test
  void forestsDrawTheRootOfTheFeatures() {
    assertThat(RandomForest.features(1)).isEqualTo(1);
    assertThat(RandomForest.features(16)).isEqualTo(4);
    assertThat(RandomForest.features(17)).isEqualTo(4);
    // One feature of four for each question: all of them are asked about somewhere.
    RandomForest forest =
        RandomForest.fit(
            Samples.ofClasses(rings(60, 1), classes(60)),
            40,
            TreeSettings.of(Impurity.GINI).withDepth(1));
    var asked =
        forest.trees().stream()
            .map(tree -> ((TreeNode.Split) tree.root()).feature())
            .collect(Collectors.toSet());
    assertThat(asked).containsExactlyInAnyOrder(0, 1, 2, 3);
  }

  @Test
  void eachTreeIsGrownFromItsOwnDrawnSamples() {
    double[] y = {0, 1, 2, 3, 4, 5, 6, 7};
    double[][] x = Arrays.stream(y).mapToObj(v -> new double[] {v}).toArray(double[][]::new);
    RandomForest forest = RandomForest.fit(Samples.ofNumbers(x, y), 20, NUMBERS);
    assertThat(forest.trees().stream().map(DecisionTree::toString).distinct())
        .hasSizeGreaterThan(10);
    assertThat(forest.trees()).allMatch(tree -> tree.root().leaves() < 8);
  }

  @Test
  void aForestTellsRingsApartBetterThanItsTrees() {
    Samples samples = Samples.ofClasses(rings(200, 2), classes(200));
    RandomForest forest = RandomForest.fit(samples, 40, TreeSettings.of(Impurity.GINI));
    double[][] unseen = rings(200, 3);
    int right = 0;
    int rightOfTrees = 0;
    for (int i = 0; i < 200; i++) {
      double[] row = unseen[i];
      int wanted = ringOf(i);
      right += forest.classify(row) == wanted ? 1 : 0;
      rightOfTrees += forest.trees().stream().filter(t -> t.classify(row) == wanted).count();
      assertThat(Arrays.stream(forest.predict(row)).sum()).isCloseTo(1, within(1e-12));
    }
    assertThat(right).isGreaterThan(180);
    assertThat(right * 40).isGreaterThan(rightOfTrees);
  }

  @Test
  void theSameSeedGivesTheSameForestAndAnotherAnother() {
    Samples samples = Samples.ofClasses(rings(50, 4), classes(50));
    TreeSettings settings = TreeSettings.of(Impurity.ENTROPY).withSeed(9);
    String first = RandomForest.fit(samples, 3, settings).trees().toString();
    assertThat(RandomForest.fit(samples, 3, settings).trees()).hasToString(first);
    assertThat(RandomForest.fit(samples, 3, settings.withSeed(10)).trees().toString())
        .isNotEqualTo(first);
  }

  @Test
  void boostingStartsAtSevenWithResidualsOfMinusTwoZeroAndTwo() {
    double[][] x = {{1}, {2}, {3}};
    Samples samples = Samples.ofNumbers(x, new double[] {5, 7, 9});
    GradientBoosting none =
        GradientBoosting.fit(samples, new GradientBoosting.Settings(0, 1, NUMBERS));
    assertThat(none.start()).containsExactly(7);
    assertThat(none.residuals(samples)).isDeepEqualTo(new double[][] {{-2}, {0}, {2}});
    GradientBoosting one =
        GradientBoosting.fit(samples, new GradientBoosting.Settings(1, 1, NUMBERS));
    assertThat(one.residuals(samples)).isDeepEqualTo(new double[][] {{0}, {0}, {0}});
    GradientBoosting half =
        GradientBoosting.fit(samples, new GradientBoosting.Settings(1, 0.5, NUMBERS));
    assertThat(half.number(new double[] {1})).isEqualTo(6);
    assertThat(half.number(new double[] {3})).isEqualTo(8);
  }

  @Test
  void boostingFollowsACurve() {
    double[][] x = new double[100][1];
    double[] y = new double[100];
    for (int i = 0; i < 100; i++) {
      x[i][0] = i / 10.0;
      y[i] = Math.sin(x[i][0]);
    }
    Samples samples = Samples.ofNumbers(x, y);
    double last = Double.POSITIVE_INFINITY;
    for (int rounds : new int[] {1, 5, 25, 100}) {
      GradientBoosting model =
          GradientBoosting.fit(
              samples, new GradientBoosting.Settings(rounds, 0.3, NUMBERS.withDepth(2)));
      double error = 0;
      for (double[] residual : model.residuals(samples)) {
        error += residual[0] * residual[0] / 100;
      }
      assertThat(error).isLessThan(last);
      last = error;
    }
    assertThat(last).isLessThan(1e-3);
  }

  @Test
  void boostingOfClassesStartsAtTheirSharesAndTakesNewtonSteps() {
    double[][] x = {{0}, {0}, {0}, {1}};
    Samples samples = Samples.ofClasses(x, new int[] {0, 0, 0, 1});
    var settings = new GradientBoosting.Settings(1, 1, NUMBERS.withDepth(1));
    GradientBoosting model = GradientBoosting.fit(samples, settings);
    assertThat(model.start()).containsExactly(Math.log(0.75), Math.log(0.25));
    // Residuals of class 0: 0.25 three times and -0.75. (K-1)/K sum r / sum |r|(1 - |r|):
    DecisionTree ofZero = model.rounds().getFirst().getFirst();
    assertThat(ofZero.number(new double[] {0})).isCloseTo(0.5 / 0.75, within(1e-12));
    assertThat(ofZero.number(new double[] {1})).isCloseTo(-0.5 / 0.25, within(1e-12));
    double odds = 3 * Math.exp(2 * 0.5 / 0.75);
    assertThat(model.predict(new double[] {0})[0]).isCloseTo(odds / (1 + odds), within(1e-12));
  }

  @Test
  void boostingTellsThreeClassesApart() {
    var random = new SplittableRandom(5);
    double[][] x = new double[90][];
    int[] classes = new int[90];
    for (int i = 0; i < 90; i++) {
      x[i] = random.doubles(2).toArray();
      classes[i] = x[i][0] < 0.4 ? 0 : x[i][1] < 0.5 ? 1 : 2;
    }
    GradientBoosting model =
        GradientBoosting.fit(
            Samples.ofClasses(x, classes),
            new GradientBoosting.Settings(20, 0.3, NUMBERS.withDepth(2)));
    for (int i = 0; i < 90; i++) {
      assertThat(model.classify(x[i])).as("sample %d", i).isEqualTo(classes[i]);
      assertThat(Arrays.stream(model.predict(x[i])).sum()).isCloseTo(1, within(1e-12));
    }
  }

  @Test
  void refusesWhatCannotGrow() {
    refused(
        () -> new GradientBoosting.Settings(1, 0.1, TreeSettings.of(Impurity.GINI)),
        "GradientBoosting: trees must lower VARIANCE, not GINI");
    refused(
        () -> new GradientBoosting.Settings(1, 0, NUMBERS),
        "GradientBoosting: the rate must be above 0, but is 0.0");
    Samples samples = Samples.ofNumbers(new double[][] {{1}}, new double[] {1});
    refused(
        () -> RandomForest.fit(samples, 0, NUMBERS),
        "RandomForest: the number of trees must be at least 1, but is 0");
    refused(
        () -> TreeSettings.of(Impurity.GINI).withLeafSize(0),
        "TreeSettings: the size of a leaf must be at least 1, but is 0");
  }
}
