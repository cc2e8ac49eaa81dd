package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class BatchSourceTest {
  /** Eight images of one pixel whose value tells the image; its class too. */
  private static final LabeledImages IMAGES =
      new LabeledImages(
          1,
          1,
          8,
          new byte[] {0, 30, 60, 90, 120, (byte) 150, (byte) 180, (byte) 210},
          new byte[] {0, 1, 2, 3, 4, 5, 6, 7});

  @Test
  void anEpochDealsEachImageOnceWithItsLabel() {
    var source = new BatchSource(IMAGES, 4, Distortion.NONE, new SplittableRandom(1));
    source.shuffle();
    var seen = new TreeSet<Integer>();
    for (int batch = 0; batch < source.batchesPerEpoch(); batch++) {
      source.load(batch);
      for (int i = 0; i < 4; i++) {
        int label = source.labels()[i];
        seen.add(label);
        assertThat(source.pixels()[i])
            .isCloseTo((label * 30 / 255f - Mnist.MEAN) / Mnist.DEVIATION, within(1e-5f));
      }
    }
    assertThat(seen).hasSize(8);
  }

  @Test
  void epochsDifferAndSeedsRepeat() {
    assertThat(order(1, 2))
        .isEqualTo(order(1, 2))
        .isNotEqualTo(order(1, 1))
        .isNotEqualTo(order(2, 2));
  }

  @Test
  void rowsAfterTheLastImageAreZero() {
    float[] pixels = new float[5];
    Arrays.fill(pixels, 9);
    assertThat(BatchSource.loadInOrder(IMAGES, 6, pixels, 5)).isEqualTo(2);
    assertThat(pixels[1]).isCloseTo((210 / 255f - Mnist.MEAN) / Mnist.DEVIATION, within(1e-5f));
    assertThat(Arrays.copyOfRange(pixels, 2, 5)).containsOnly(0);
  }

  @Test
  void aBatchLargerThanTheSetIsRefused() {
    assertThatThrownBy(() -> new BatchSource(IMAGES, 9, Distortion.NONE, new SplittableRandom(1)))
        .isInstanceOf(KilnException.class)
        .hasMessage("a batch must have 1 to 8 images, not 9");
  }

  private static int[] order(long seed, int epochs) {
    var source = new BatchSource(IMAGES, 8, Distortion.NONE, new SplittableRandom(seed));
    for (int i = 0; i < epochs; i++) {
      source.shuffle();
    }
    source.load(0);
    return source.labels().clone();
  }
}
