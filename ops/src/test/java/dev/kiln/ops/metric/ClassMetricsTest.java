package dev.kiln.ops.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ops.metric.ClassScore.Figure;
import dev.kiln.ops.metric.ConfusionMatrix.Average;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ClassMetricsTest {
  private static final float[] SCORES = {1, 2, 3, 9, 0, 1, 4, 5, 4};

  static void assertFault(Runnable action, String message) {
    assertThatThrownBy(action::run).isInstanceOf(KilnException.class).hasMessageContaining(message);
  }

  @Test
  void accuracyCountsTheLargestScore() {
    Accuracy accuracy = Accuracy.top1();
    assertThat(accuracy.value()).isNaN();
    accuracy.update(SCORES, new int[] {2, 0, 0});
    assertThat(accuracy.value()).isEqualTo(2.0 / 3);
    accuracy.update(new float[] {0, 1}, new int[] {0});
    assertThat(accuracy.value()).isEqualTo(0.5);
    assertThat(accuracy.rows()).isEqualTo(4);
    accuracy.reset();
    assertThat(accuracy.value()).isNaN();
  }

  @Test
  void topKCountsTiesByTheSmallerClass() {
    Accuracy top = Accuracy.top(2);
    assertThat(top.name()).isEqualTo("top-2");
    top.update(SCORES, new int[] {1, 2, 0});
    assertThat(top.value()).isEqualTo(1);
    top.reset();
    top.update(SCORES, new int[] {0, 1, 2});
    assertThat(top.value()).isEqualTo(0);
    top.update(new float[] {1, 2}, new int[] {0});
    assertThat(top.value()).isEqualTo(0.25);
  }

  @Test
  void rowsWithANegativeLabelAreLeftOut() {
    Accuracy accuracy = Accuracy.top1();
    accuracy.update(SCORES, new int[] {-100, 0, -1});
    assertThat(accuracy.value()).isEqualTo(1);
    ConfusionMatrix matrix = new ConfusionMatrix(3);
    matrix.update(SCORES, new int[] {-100, 0, -1});
    assertThat(matrix.rows()).isEqualTo(1);
    Perplexity perplexity = new Perplexity();
    perplexity.update(SCORES, new int[] {-1, -1, -1});
    assertThat(perplexity.value()).isNaN();
  }

  @Test
  void whatIsNoNumberIsNeverRight() {
    Accuracy accuracy = Accuracy.top(3);
    float nan = Float.NaN;
    accuracy.update(new float[] {nan, 1, 2, nan, nan, nan}, new int[] {0, 1});
    assertThat(accuracy.value()).isEqualTo(0);
    accuracy.update(new float[] {nan, 1, 2}, new int[] {2});
    assertThat(accuracy.value()).isEqualTo(1.0 / 3);
  }

  @Test
  void confusionMatrixCountsLabelsInRows() {
    ConfusionMatrix matrix = new ConfusionMatrix(List.of("cat", "dog"));
    matrix.update(new int[] {0, 1, 1, 1}, new int[] {0, 0, 1, 1});
    assertThat(matrix.count(0, 1)).isEqualTo(1);
    assertThat(matrix.counts()).isEqualTo(new long[][] {{1, 1}, {0, 2}});
    assertThat(matrix.value()).isEqualTo(0.75);
    assertThat(matrix.precision(1)).isEqualTo(2.0 / 3);
    assertThat(matrix.recall(0)).isEqualTo(0.5);
    assertThat(matrix.f1(0)).isCloseTo(2.0 / 3, within(1e-15));
  }

  @Test
  void figuresThatAreUndefinedAreZero() {
    ConfusionMatrix matrix = new ConfusionMatrix(3);
    assertThat(matrix.value()).isNaN();
    assertThat(matrix.f1(Average.MICRO)).isZero();
    assertThat(matrix.f1(Average.MACRO)).isZero();
    matrix.update(new int[] {1}, new int[] {0});
    for (int c = 0; c < 3; c++) {
      assertThat(matrix.precision(c)).isZero();
      assertThat(matrix.recall(c)).isZero();
      assertThat(matrix.f1(c)).isZero();
    }
  }

  /** Against counts of true and false positives and negatives of each class. */
  @Test
  void averagesEqualTheirDefinitions() {
    Random random = new Random(7);
    int[] labels = random.ints(200, 0, 4).toArray();
    int[] predicted = random.ints(200, 0, 4).map(i -> Math.min(i, 2)).toArray();
    ConfusionMatrix matrix = new ConfusionMatrix(5);
    matrix.update(predicted, labels);
    double macro = 0;
    double weighted = 0;
    long allRight = 0;
    for (int c = 0; c < 4; c++) {
      long right = 0;
      long falsePositive = 0;
      long missed = 0;
      for (int i = 0; i < labels.length; i++) {
        right += predicted[i] == c && labels[i] == c ? 1 : 0;
        falsePositive += predicted[i] == c && labels[i] != c ? 1 : 0;
        missed += predicted[i] != c && labels[i] == c ? 1 : 0;
      }
      double f1 = 2.0 * right / (2 * right + falsePositive + missed);
      macro += f1 / 4;
      weighted += f1 * (right + missed) / labels.length;
      allRight += right;
      assertThat(matrix.f1(c)).isCloseTo(f1, within(1e-14));
    }
    assertThat(matrix.f1(Average.MACRO)).isCloseTo(macro, within(1e-14));
    assertThat(matrix.f1(Average.WEIGHTED)).isCloseTo(weighted, within(1e-14));
    assertThat(matrix.f1(Average.MICRO)).isEqualTo(allRight / 200.0);
    assertThat(matrix.recall(Average.WEIGHTED)).isCloseTo(matrix.value(), within(1e-14));
  }

  @Test
  void scoresAreMetricsByName() {
    ClassScore f1 = new ClassScore(Figure.F1, Average.MACRO, 3);
    assertThat(f1.name()).isEqualTo("macro f1");
    assertThat(f1.value()).isNaN();
    f1.update(SCORES, new int[] {2, 0, 1});
    assertThat(f1.value()).isEqualTo(1);
    f1.reset();
    assertThat(f1.value()).isNaN();
    for (Figure figure : Figure.values()) {
      ClassScore score = new ClassScore(figure, Average.MICRO, 3);
      score.update(SCORES, new int[] {2, 0, 0});
      assertThat(score.value()).isEqualTo(2.0 / 3);
    }
  }

  @Test
  void perplexityOfEqualScoresIsTheNumberOfClasses() {
    Perplexity perplexity = new Perplexity();
    perplexity.update(new float[] {7, 7, 7, 7, 1000, 1000, 1000, 1000}, new int[] {0, 3});
    assertThat(perplexity.value()).isCloseTo(4, within(1e-12));
    perplexity.reset();
    perplexity.update(Math.log(10), 30);
    assertThat(perplexity.value()).isCloseTo(10, within(1e-12));
    // The other classes have probability 3/4, 1/4: exp(-(log 3/4 + log 1/4) / 2).
    perplexity.reset();
    float[] scores = {(float) Math.log(3), 0, (float) Math.log(3), 0};
    perplexity.update(scores, new int[] {0, 1});
    assertThat(perplexity.value()).isCloseTo(1 / Math.sqrt(3.0 / 16), within(1e-6));
  }

  @Test
  void meanWeighsBatches() {
    Mean mean = new Mean("loss");
    assertThat(mean.value()).isNaN();
    mean.update(1, 3);
    mean.update(5, 1);
    assertThat(mean.value()).isEqualTo(2);
    mean.reset();
    assertThat(mean.value()).isNaN();
  }

  @Test
  void rocAucEqualsThePairwiseDefinition() {
    Random random = new Random(3);
    RocAuc auc = new RocAuc();
    int n = 150;
    float[] scores = new float[n];
    int[] labels = random.ints(n, 0, 2).toArray();
    for (int i = 0; i < n; i++) {
      scores[i] = random.nextInt(20) - 10 + 3 * labels[i];
    }
    double won = 0;
    long pairs = 0;
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        if (labels[i] == 1 && labels[j] == 0) {
          pairs++;
          won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
      }
    }
    assertThat(auc.value()).isNaN();
    auc.update(Arrays.copyOf(scores, 100), Arrays.copyOf(labels, 100));
    auc.update(Arrays.copyOfRange(scores, 100, n), Arrays.copyOfRange(labels, 100, n));
    assertThat(auc.value()).isCloseTo(won / pairs, within(1e-12));
    auc.reset();
    auc.update(new float[] {0f, -0f}, new int[] {1, 0});
    assertThat(auc.value()).isEqualTo(0.5);
  }

  @Test
  void faultsTellTheShapes() {
    Accuracy accuracy = Accuracy.top1();
    assertFault(
        () -> accuracy.update(new float[5], new int[2]),
        "accuracy: 5 scores for 2 labels; scores are [n, classes], labels [n]");
    assertFault(
        () -> accuracy.update(new float[4], new int[] {0, 2}),
        "label 2 of row 1; classes are 0 to 1");
    assertFault(() -> Accuracy.top(0), "k is 0; it must be at least 1");
    ConfusionMatrix matrix = new ConfusionMatrix(3);
    assertFault(
        () -> matrix.update(new float[4], new int[2]), "scores are [2, 2]; there are 3 classes");
    assertFault(() -> matrix.update(new int[1], new int[2]), "1 predictions for 2 targets");
    assertFault(
        () -> matrix.update(new int[] {-1}, new int[] {0}), "row 0 is predicted -1; classes are");
    assertFault(() -> new ConfusionMatrix(0), "no classes");
    RocAuc auc = new RocAuc();
    assertFault(() -> auc.update(new float[1], new int[] {2}), "row 0 has label 2");
    assertFault(() -> auc.update(new float[] {Float.NaN}, new int[1]), "score NaN");
  }

  @Test
  void classesOfAConfusionMatrixAreChecked() {
    var matrix = new ConfusionMatrix(2);
    String message = "confusion matrix: there is no class %d; classes are 0 to 1";
    assertFault(() -> matrix.add(5, 0, 1), message.formatted(5));
    assertFault(() -> matrix.count(0, -1), message.formatted(-1));
    assertFault(() -> matrix.precision(2), message.formatted(2));
    assertFault(() -> matrix.f1(2), message.formatted(2));
    assertThat(matrix.rows()).isZero();
  }
}
