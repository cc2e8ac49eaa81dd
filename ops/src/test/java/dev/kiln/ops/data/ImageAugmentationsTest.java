package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ImageAugmentationsTest {
  /** Two channels of 3 x 4 with a different number in each place. */
  private static Sample image() {
    float[] values = new float[24];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i + 1) / 32f;
    }
    return new Sample(values, new int[] {2, 3, 4}, new Target.OfClass(1, 3));
  }

  private static Sample apply(Augmentation<Sample> augmentation, long seed) {
    return augmentation.apply(image(), new Seed(seed).random());
  }

  @Test
  void flipMirrorsEachRow() {
    Sample flipped = apply(ImageAugmentations.flip(1), 1);
    for (int line = 0; line < 6; line++) {
      for (int x = 0; x < 4; x++) {
        assertThat(flipped.values()[line * 4 + x]).isEqualTo(image().values()[line * 4 + 3 - x]);
      }
    }
    assertThat(apply(ImageAugmentations.flip(0), 1).values()).isEqualTo(image().values());
  }

  @Test
  void cropShiftsAllChannelsAlikeAndFillsWithZeros() {
    float[] source = image().values();
    for (int seed = 0; seed < 50; seed++) {
      float[] values = apply(ImageAugmentations.crop(5), seed).values();
      var random = new Seed(seed).random();
      int down = random.nextInt(11) - 5;
      int right = random.nextInt(11) - 5;
      for (int i = 0; i < 24; i++) {
        int y = i / 4 % 3 + down;
        int x = i % 4 + right;
        boolean inside = y >= 0 && y < 3 && x >= 0 && x < 4;
        float expected = inside ? source[i / 12 * 12 + y * 4 + x] : 0;
        assertThat(values[i]).isEqualTo(expected);
      }
    }
  }

  @Test
  void cutoutBlanksASquareInAllChannels() {
    for (int seed = 0; seed < 20; seed++) {
      float[] values = apply(ImageAugmentations.cutout(2), seed).values();
      int[] blank = IntStream.range(0, 12).filter(i -> values[i] == 0).toArray();
      assertThat(blank.length).isIn(1, 2, 4);
      for (int i = 0; i < 12; i++) {
        assertThat(values[12 + i] == 0).isEqualTo(values[i] == 0);
      }
    }
  }

  @Test
  void brightnessAndContrastStayWithinZeroAndOne() {
    for (int seed = 0; seed < 20; seed++) {
      var both = ImageAugmentations.brightness(0.8).then(ImageAugmentations.contrast(0.9));
      for (float v : apply(both, seed).values()) {
        assertThat(v).isBetween(0f, 1f);
      }
    }
    assertThat(apply(ImageAugmentations.contrast(0), 1).values()).isEqualTo(image().values());
    float[] brighter = apply(ImageAugmentations.brightness(0.01), 1).values();
    float change = brighter[0] - image().values()[0];
    assertThat(change).isNotZero();
    assertThat(brighter[23] - image().values()[23]).isEqualTo(change, within(1e-6f));
  }

  @Test
  void distortionTreatsChannelsAlike() {
    var same = new Sample(new float[32], new int[] {2, 4, 4}, new Target.OfClass(0, 1));
    for (int i = 0; i < 32; i++) {
      same.values()[i] = i % 16 / 16f;
    }
    float[] values =
        ImageAugmentations.distort(Distortion.DIGITS).apply(same, new Seed(4).random()).values();
    for (int i = 0; i < 16; i++) {
      assertThat(values[16 + i]).isEqualTo(values[i]);
    }
    assertThat(values).isNotEqualTo(same.values());
  }

  @Test
  void augmentationsLeaveTheirExampleAlone() {
    Sample image = image();
    ImageAugmentations.crop(2)
        .then(ImageAugmentations.flip(1))
        .then(ImageAugmentations.cutout(2))
        .then(ImageAugmentations.brightness(0.5))
        .then(new Normalization(new float[2], new float[] {1, 2}))
        .apply(image, new Seed(3).random());
    assertThat(image.values()).isEqualTo(image().values());
  }

  @Test
  void normalizationIsMeasuredPerChannel() {
    Dataset<Sample> data = Dataset.of(List.of(image(), image()));
    Normalization measured = Normalization.of(data);
    Sample normal = measured.apply(image());
    for (int c = 0; c < 2; c++) {
      double sum = 0;
      double squares = 0;
      for (int i = c * 12; i < c * 12 + 12; i++) {
        sum += normal.values()[i];
        squares += normal.values()[i] * normal.values()[i];
      }
      assertThat(sum / 12).isEqualTo(0, within(1e-5));
      assertThat(squares / 12).isEqualTo(1, within(1e-5));
    }
    assertThat(data.map(measured).get(1).values()).isEqualTo(normal.values());
  }

  @Test
  void refusesWhatIsNoImageOrNoProbability() {
    var row = new Sample(new float[4], new int[] {4}, new Target.OfClass(0, 1));
    assertThatThrownBy(() -> ImageAugmentations.flip(1).apply(row, new Seed(1).random()))
        .hasMessage("an image has the shape channels x height x width, not [4]");
    assertThatThrownBy(() -> ImageAugmentations.flip(1.5))
        .hasMessage("the probability of a flip must be from 0 to 1, not 1.5");
    assertThatThrownBy(() -> ImageAugmentations.cutout(0)).hasMessageContaining("at least 1 pixel");
    assertThatThrownBy(() -> ImageAugmentations.crop(-1)).hasMessageContaining("not be negative");
    assertThatThrownBy(() -> Normalization.MNIST.apply(image()))
        .hasMessage("a normalisation of 1 channels does not fit an example of shape [2, 3, 4]");
    assertThatThrownBy(() -> new Normalization(new float[1], new float[1]))
        .hasMessageContaining("must be positive");
  }

  @Test
  void mixUpMixesExamplesAndTargetsByTheSameShares() {
    var samples =
        IntStream.range(0, 4)
            .mapToObj(
                i -> {
                  float[] oneHot = new float[4];
                  oneHot[i] = 1;
                  return new Sample(oneHot, new int[] {4}, new Target.OfClass(i, 4));
                })
            .toList();
    boolean mixedOnce = false;
    for (int seed = 0; seed < 10; seed++) {
      Batch mixed = new MixUp(0.4).apply(Batch.of(samples), new Seed(seed).random());
      float[] p = ((Targets.Probabilities) mixed.targets()).values();
      assertThat(p).isEqualTo(mixed.values());
      for (int row = 0; row < 4; row++) {
        float sum = p[row * 4] + p[row * 4 + 1] + p[row * 4 + 2] + p[row * 4 + 3];
        assertThat(sum).isEqualTo(1, within(1e-6f));
        mixedOnce |= p[row * 4 + row] < 0.95;
      }
    }
    assertThat(mixedOnce).isTrue();
    assertThatThrownBy(() -> new MixUp(0)).hasMessageContaining("alpha of mixup");
  }
}
