package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DatasetTest {
  private static final Dataset<String> LETTERS = Dataset.of(List.of("a", "b", "c", "d"));

  private static <E> List<E> all(Dataset<E> data) {
    return IntStream.range(0, data.size()).mapToObj(data::get).toList();
  }

  @Test
  void viewsSelectMapAndJoin() {
    assertThat(all(LETTERS.subset(3, 0, 3))).containsExactly("d", "a", "d");
    assertThat(all(LETTERS.range(1, 3))).containsExactly("b", "c");
    assertThat(all(LETTERS.map(String::toUpperCase))).containsExactly("A", "B", "C", "D");
    assertThat(all(LETTERS.concat(Dataset.of(List.of("e"))).subset(4, 3)))
        .containsExactly("e", "d");
  }

  @Test
  void refusesExamplesThatDoNotExist() {
    assertThatThrownBy(() -> LETTERS.get(4))
        .isInstanceOf(KilnException.class)
        .hasMessage("there is no example 4 among 4");
    assertThatThrownBy(() -> LETTERS.subset(0, -1)).hasMessage("there is no example -1 among 4");
    assertThatThrownBy(() -> LETTERS.range(2, 5))
        .hasMessage("examples 2 to 5 are no part of 4 examples");
    assertThatThrownBy(() -> LETTERS.range(1, 3).get(2))
        .hasMessage("there is no example 2 among 2");
  }

  @Test
  void imagesAreSamplesFromZeroToOne() {
    var images =
        new LabeledImages(3, 1, 1, 2, new byte[] {0, (byte) 255, 51, 1, 2, 3}, new byte[] {1, 0});
    Sample first = images.get(0);
    assertThat(first.values()).containsExactly(0, 1, 51 * (1 / 255f));
    assertThat(first.shape()).containsExactly(3, 1, 1);
    assertThat(first.target()).isEqualTo(new Target.OfClass(1, 2));
    assertThat(images.classOfEach()).containsExactly(1, 0);
  }

  @Test
  void batchesRefuseExamplesThatDiffer() {
    var one = new Sample(new float[2], new int[] {2}, new Target.OfClass(0, 3));
    var longer = new Sample(new float[3], new int[] {3}, new Target.OfClass(0, 3));
    var number = new Sample(new float[2], new int[] {2}, new Target.OfNumbers(new float[1]));
    assertThatThrownBy(() -> Batch.of(List.of(one, longer)))
        .hasMessage("a batch must have examples of one shape, not [2] and [3]");
    assertThatThrownBy(() -> Batch.of(List.of(one, number)))
        .hasMessage("a batch must have targets of one kind, not one of 3 classes and 1 numbers");
    assertThatThrownBy(() -> Batch.of(List.of())).hasMessageContaining("at least one example");
    assertThatThrownBy(() -> new Sample(new float[5], new int[] {2, 3}, one.target()))
        .hasMessage("an example of shape [2, 3] cannot have 5 values");
  }

  @Test
  void batchesPutValuesAndTargetsSideBySide() {
    var a = new Sample(new float[] {1, 2}, new int[] {2}, new Target.OfNumbers(new float[] {7}));
    var b = new Sample(new float[] {3, 4}, new int[] {2}, new Target.OfNumbers(new float[] {8}));
    Batch batch = Batch.of(List.of(a, b));
    assertThat(batch.values()).containsExactly(1, 2, 3, 4);
    assertThat(batch.shape()).containsExactly(2, 2);
    assertThat(((Targets.Numbers) batch.targets()).values()).containsExactly(7, 8);
  }
}
