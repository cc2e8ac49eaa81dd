package dev.kiln.ops.classical;

import static dev.kiln.ops.classical.Faults.refused;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PerceptronTest {
  @Test
  void theFirstSampleIsAddedAlthoughZeroIsOnThePlane() {
    Perceptron perceptron = Perceptron.fit(new double[][] {{3, -1}}, new int[] {-1}, 1);
    assertThat(perceptron.model().weights()).containsExactly(-3, 1);
    assertThat(perceptron.model().bias()).isEqualTo(-1);
    assertThat(perceptron.updates()).isEqualTo(1);
  }

  /** Example 2.1 of Li Hang, "Statistical Learning Methods": seven updates to x1 + x2 - 3. */
  @Test
  void findsAPlaneByHandCountedUpdates() {
    double[][] x = {{3, 3}, {4, 3}, {1, 1}};
    int[] y = {1, 1, -1};
    Perceptron perceptron = Perceptron.fit(x, y, 100);
    assertThat(perceptron.converged()).isTrue();
    assertThat(perceptron.updates()).isEqualTo(7);
    assertThat(perceptron.model().weights()).containsExactly(1, 1);
    assertThat(perceptron.model().bias()).isEqualTo(-3);
    for (int i = 0; i < y.length; i++) {
      assertThat(perceptron.classify(x[i])).isEqualTo(y[i]);
    }
  }

  @Test
  void saysThatExclusiveOrCannotBeSeparated() {
    double[][] x = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    assertThat(Perceptron.fit(x, new int[] {-1, 1, 1, -1}, 50).converged()).isFalse();
  }

  @Test
  void refusesOtherGoals() {
    refused(
        () -> Perceptron.fit(new double[][] {{1}, {2}}, new int[] {1, 0}, 1),
        "Perceptron: goals must be -1 or 1, but goal 1 is 0");
    refused(
        () -> Perceptron.fit(new double[][] {{1}}, new int[] {1}, 0),
        "Perceptron: the number of passes must be at least 1, but is 0");
  }
}
