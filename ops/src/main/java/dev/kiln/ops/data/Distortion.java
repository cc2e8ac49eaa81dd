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
    float[] plane = new float[height * width];
    for (int i = 0; i < plane.length; i++) {
      plane[i] = source[from + i] & 0xff;
    }
    draw(random, height, width).apply(plane, 0, target, to);
    for (int i = to; i < to + plane.length; i++) {
      target[i] *= 1 / 255f;
    }
  }

  /**
   * Distorts an image of {@code channels x height x width}, all channels alike.
   *
   * @return another array
   */
  public float[] apply(float[] image, int height, int width, SplittableRandom random) {
    Warp warp = draw(random, height, width);
    float[] target = new float[image.length];
    for (int plane = 0; plane < image.length; plane += height * width) {
      warp.apply(image, plane, target, plane);
    }
    return target;
  }

  private Warp draw(SplittableRandom random, int height, int width) {
    double angle = within(random, turn);
    double size = 1 + within(random, scale);
    float cos = (float) (StrictMath.cos(angle) / size);
    float sin = (float) (StrictMath.sin(angle) / size);
    float shiftX = (float) within(random, shift) + (width - 1) / 2f;
    float shiftY = (float) within(random, shift) + (height - 1) / 2f;
    return new Warp(height, width, cos, sin, shiftX, shiftY);
  }

  private static double within(SplittableRandom random, double limit) {
    return (2 * random.nextDouble() - 1) * limit;
  }

  /** Where each pixel of the result comes from: turned and scaled around the centre, shifted. */
  private record Warp(int height, int width, float cos, float sin, float shiftX, float shiftY) {
    void apply(float[] source, int from, float[] target, int to) {
      float middleX = (width - 1) / 2f;
      float middleY = (height - 1) / 2f;
      for (int row = 0; row < height; row++) {
        float y = row - middleY;
        for (int column = 0; column < width; column++) {
          float x = column - middleX;
          target[to++] =
              sample(source, from, cos * x + sin * y + shiftX, cos * y - sin * x + shiftY);
        }
      }
    }

    private float sample(float[] source, int from, float x, float y) {
      int left = (int) Math.floor(x);
      int top = (int) Math.floor(y);
      float right = x - left;
      float bottom = y - top;
      float upper =
          pixel(source, from, top, left) * (1 - right) + pixel(source, from, top, left + 1) * right;
      float lower =
          pixel(source, from, top + 1, left) * (1 - right)
              + pixel(source, from, top + 1, left + 1) * right;
      return upper * (1 - bottom) + lower * bottom;
    }

    private float pixel(float[] source, int from, int row, int column) {
      boolean inside = row >= 0 && row < height && column >= 0 && column < width;
      return inside ? source[from + row * width + column] : 0;
    }
  }
}
