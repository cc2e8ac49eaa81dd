package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DistortionTest {
  private static final int SIZE = 28;

  @Test
  void noDistortionKeepsEachPixel() {
    byte[] image = blot(10, 12);
    float[] drawn = draw(Distortion.NONE, image, 1);
    for (int i = 0; i < image.length; i++) {
      assertThat(drawn[i]).isCloseTo((image[i] & 0xff) / 255f, within(1e-6f));
    }
  }

  @Test
  void theSameSeedDrawsTheSameImageAndAnotherAnother() {
    byte[] image = blot(10, 12);
    assertThat(draw(Distortion.DIGITS, image, 5)).isEqualTo(draw(Distortion.DIGITS, image, 5));
    assertThat(draw(Distortion.DIGITS, image, 5)).isNotEqualTo(draw(Distortion.DIGITS, image, 6));
  }

  @Test
  void shiftsKeepTheInkAndMoveItsCentre() {
    byte[] image = blot(14, 14);
    double ink = ink(draw(Distortion.NONE, image, 0));
    boolean moved = false;
    for (int seed = 0; seed < 20; seed++) {
      float[] drawn = draw(new Distortion(3, 0, 0), image, seed);
      assertThat(ink(drawn)).as("ink of seed %d", seed).isCloseTo(ink, within(1e-3));
      moved |= Math.abs(drawn[14 * SIZE + 14] - 1) > 0.1;
    }
    assertThat(moved).as("whether any shift moved the blot").isTrue();
  }

  @Test
  void whatComesFromOutsideIsBlank() {
    byte[] full = new byte[SIZE * SIZE];
    java.util.Arrays.fill(full, (byte) 255);
    float[] drawn = draw(new Distortion(20, 0, 0), full, 3);
    assertThat(drawn).contains(0f, 1f);
    for (float pixel : drawn) {
      assertThat(pixel).isBetween(0f, 1.000001f);
    }
  }

  private static float[] draw(Distortion distortion, byte[] image, long seed) {
    float[] target = new float[SIZE * SIZE];
    distortion.apply(image, 0, SIZE, SIZE, new SplittableRandom(seed), target, 0);
    return target;
  }

  /** Three by three pixels of full ink. */
  private static byte[] blot(int row, int column) {
    byte[] image = new byte[SIZE * SIZE];
    for (int r = row - 1; r <= row + 1; r++) {
      for (int c = column - 1; c <= column + 1; c++) {
        image[r * SIZE + c] = (byte) 255;
      }
    }
    return image;
  }

  private static double ink(float[] pixels) {
    double ink = 0;
    for (float pixel : pixels) {
      ink += pixel;
    }
    return ink;
  }
}
