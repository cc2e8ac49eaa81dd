package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SplitTest {
  private static int[] labels(int... counts) {
    return IntStream.range(0, counts.length)
        .flatMap(c -> IntStream.generate(() -> c).limit(counts[c]))
        .toArray();
  }

  private static void requirePartition(Split split, int n) {
    int[] all =
        IntStream.concat(
                Arrays.stream(split.training()),
                IntStream.concat(Arrays.stream(split.validation()), Arrays.stream(split.test())))
            .sorted()
            .toArray();
    assertThat(all).isEqualTo(Sampler.ascending(0, n));
  }

  @Test
  void eachExampleIsInOnePart() {
    Split split = Split.random(100, 0.2, 0.1, 1);
    requirePartition(split, 100);
    assertThat(split.validation()).hasSize(20).isSorted();
    assertThat(split.test()).hasSize(10).isSorted();
    assertThat(split).usingRecursiveComparison().isEqualTo(Split.random(100, 0.2, 0.1, 1));
    assertThat(split.test()).isNotEqualTo(Split.random(100, 0.2, 0.1, 2).test());
  }

  @Test
  void stratifiedPartsHaveEachClassInProportion() {
    int[] labels = labels(50, 30, 20, 7);
    for (int seed = 0; seed < 20; seed++) {
      Split split = Split.stratified(labels, 0.3, 0.3, seed);
      requirePartition(split, labels.length);
      for (int c = 0; c < 4; c++) {
        int wanted = c;
        double due = 0.3 * Arrays.stream(labels).filter(l -> l == wanted).count();
        for (int[] part : List.of(split.validation(), split.test())) {
          double had = Arrays.stream(part).filter(i -> labels[i] == wanted).count();
          assertThat(Math.abs(had - due)).as("class %d", c).isLessThanOrEqualTo(1.5);
        }
      }
    }
  }

  @Test
  void seriesAreSplitInOrder() {
    Split split = Split.inOrder(10, 0.2, 0.3);
    assertThat(split.training()).containsExactly(0, 1, 2, 3, 4);
    assertThat(split.validation()).containsExactly(5, 6);
    assertThat(split.test()).containsExactly(7, 8, 9);
    assertThatThrownBy(() -> Split.inOrder(2, 0.1, 0)).hasMessageContaining("too few to split");
    assertThatThrownBy(() -> Split.inOrder(9, 0.5, 0.6)).hasMessageContaining("0.5 and 0.6");
  }

  @Test
  void foldsValidateEachExampleOnce() {
    List<Split> folds = Split.folds(11, 4, 3);
    int[] seen = new int[11];
    for (Split fold : folds) {
      requirePartition(fold, 11);
      assertThat(fold.validation().length).isBetween(2, 3);
      Arrays.stream(fold.validation()).forEach(i -> seen[i]++);
    }
    assertThat(seen).containsOnly(1);
  }

  @Test
  void stratifiedFoldsSpreadEachClass() {
    int[] labels = labels(10, 7, 5);
    for (Split fold : Split.stratifiedFolds(labels, 5, 1)) {
      assertThat(fold.validation().length).isBetween(4, 5);
      long zeros = Arrays.stream(fold.validation()).filter(i -> labels[i] == 0).count();
      long twos = Arrays.stream(fold.validation()).filter(i -> labels[i] == 2).count();
      assertThat(zeros).isEqualTo(2);
      assertThat(twos).isEqualTo(1);
    }
  }

  @Test
  void refusesWhatCannotBeSplit() {
    assertThatThrownBy(() -> Split.folds(3, 4, 0))
        .hasMessage("3 examples can be split into 2 to 3 folds, not 4");
    assertThatThrownBy(() -> Split.stratifiedFolds(labels(8, 2), 3, 0))
        .hasMessage("class 1 has 2 examples, fewer than the 3 folds");
    assertThatThrownBy(() -> Split.random(10, 0.5, 0.5, 0))
        .hasMessageContaining("together below 1, not 0.5 and 0.5");
    assertThatThrownBy(() -> Split.random(2, 0.1, 0, 0))
        .hasMessage(
            "2 examples are too few to split into 2 for training, 0 for validation and 0 for"
                + " testing");
    assertThatThrownBy(() -> Split.random(0, 0, 0, 0)).hasMessageContaining("0 examples");
    assertThatThrownBy(() -> Split.random(-1, 0, 0, 0)).hasMessage("-1 examples cannot be split");
    assertThatThrownBy(() -> Split.inOrder(-1, 0, 0)).hasMessage("-1 examples cannot be split");
    assertThatThrownBy(() -> Split.folds(-3, 2, 0)).hasMessage("-3 examples cannot be split");
  }
}
