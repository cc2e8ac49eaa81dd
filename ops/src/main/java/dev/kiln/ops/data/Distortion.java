package dev.kiln.ops.data;

import java.util.SplittableRandom;

/**
 * Draws a digit as another hand would have written it: shifted, turned and scaled at random around
 * the image's centre, sampled bilinearly, with 0 outside.
 *
 * @param shift largest shift along each axis, in pixels
 * @param turn largest turn, in radians
 * @param scale largest change of size: 0.1 for 0.9 to 1.1
 */
public record Distortion(double shift, double turn, double scale) {
  /** Leaves images as they are. */
  public static final Distortion NONE = new Distortion(0, 0, 0);

  /** Suits digits of 28 x 28. */
  public static final Distortion DIGITS = new Distortion(1.5, 0.2, 0.12);

  /**
   * Writes a distorted image.
   *
   * @param source bytes of several images
   * @param from index of the image's first pixel
   * @param target receives {@code height x width} numbers from 0 to 1
   * @param to index of the first of them
   */
  public void apply(
      byte[] source,
      int from,
      int height,
      int width,
      SplittableRandom random,
      float[] target,
      int to) {
    double angle = within(random, turn);
    double size = 1 + within(random, scale);
    float cos = (float) (StrictMath.cos(angle) / size);
    float sin = (float) (StrictMath.sin(angle) / size);
    float middleX = (width - 1) / 2f;
    float middleY = (height - 1) / 2f;
    float shiftX = (float) within(random, shift) + middleX;
    float shiftY = (float) within(random, shift) + middleY;
    for (int row = 0; row < height; row++) {
      float y = row - middleY;
      for (int column = 0; column < width; column++) {
        float x = column - middleX;
        target[to++] =
            sample(
                source,
                from,
                height,
                width,
                cos * x + sin * y + shiftX,
                cos * y - sin * x + shiftY);
      }
    }
  }

  private static double within(SplittableRandom random, double limit) {
    return (2 * random.nextDouble() - 1) * limit;
  }

  private static float sample(byte[] source, int from, int height, int width, float x, float y) {
    int left = (int) Math.floor(x);
    int top = (int) Math.floor(y);
    float right = x - left;
    float bottom = y - top;
    float upper =
        pixel(source, from, height, width, top, left) * (1 - right)
            + pixel(source, from, height, width, top, left + 1) * right;
    float lower =
        pixel(source, from, height, width, top + 1, left) * (1 - right)
            + pixel(source, from, height, width, top + 1, left + 1) * right;
    return (upper * (1 - bottom) + lower * bottom) * (1 / 255f);
  }

  private static int pixel(byte[] source, int from, int height, int width, int row, int column) {
    boolean inside = row >= 0 && row < height && column >= 0 && column < width;
    return inside ? source[from + row * width + column] & 0xff : 0;
  }
}
