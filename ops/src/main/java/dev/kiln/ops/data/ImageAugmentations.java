package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * What images ({@code channels x height x width}, numbers from 0 to 1) are changed by before {@link
 * Normalization}. Targets stay as they are; pixels from outside are 0.
 */
public final class ImageAugmentations {
  private ImageAugmentations() {}

  /** Shifts, turns and scales. */
  public static Augmentation<Sample> distort(Distortion distortion) {
    return (sample, random) -> {
      requireImage(sample);
      return with(
          sample, distortion.apply(sample.values(), sample.shape()[1], sample.shape()[2], random));
    };
  }

  /** Adds a frame of zeros, then cuts an image of the old size from anywhere. */
  public static Augmentation<Sample> crop(int padding) {
    if (padding < 0) {
      throw new KilnException("the padding of a random crop must not be negative: " + padding);
    }
    return (sample, random) -> {
      requireImage(sample);
      int down = random.nextInt(2 * padding + 1) - padding;
      int right = random.nextInt(2 * padding + 1) - padding;
      return with(sample, shifted(sample, down, right));
    };
  }

  private static float[] shifted(Sample sample, int down, int right) {
    int height = sample.shape()[1];
    int width = sample.shape()[2];
    float[] values = new float[sample.values().length];
    int first = Math.max(0, -right);
    int count = width - Math.abs(right);
    for (int line = 0; line < sample.shape()[0] * height && count > 0; line++) {
      int row = line % height + down;
      if (row >= 0 && row < height) {
        int from = (line + down) * width + first + right;
        System.arraycopy(sample.values(), from, values, line * width + first, count);
      }
    }
    return values;
  }

  /** Mirrors left and right, as often as the probability says. */
  public static Augmentation<Sample> flip(double probability) {
    requireProbability("flip", probability);
    return (sample, random) -> {
      requireImage(sample);
      if (random.nextDouble() >= probability) {
        return sample;
      }
      int width = sample.shape()[2];
      float[] values = sample.values().clone();
      for (int row = 0; row < values.length; row += width) {
        for (int i = 0; i < width; i++) {
          values[row + i] = sample.values()[row + width - 1 - i];
        }
      }
      return with(sample, values);
    };
  }

  /** Adds a number from {@code -most} to {@code most} to all pixels, kept within 0 to 1. */
  public static Augmentation<Sample> brightness(double most) {
    return (sample, random) -> {
      float change = (float) ((2 * random.nextDouble() - 1) * most);
      float[] values = sample.values().clone();
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.clamp(values[i] + change, 0f, 1f);
      }
      return with(sample, values);
    };
  }

  /** Scales the distance from the mean by {@code 1 - most} to {@code 1 + most}, within 0 to 1. */
  public static Augmentation<Sample> contrast(double most) {
    return (sample, random) -> {
      float factor = (float) (1 + (2 * random.nextDouble() - 1) * most);
      float[] values = sample.values().clone();
      double sum = 0;
      for (float value : values) {
        sum += value;
      }
      float mean = (float) (sum / values.length);
      for (int i = 0; i < values.length; i++) {
        values[i] = Math.clamp(mean + factor * (values[i] - mean), 0f, 1f);
      }
      return with(sample, values);
    };
  }

  /**
   * Blanks a square anywhere, its middle within the image (DeVries, Taylor: Improved regularization
   * of convolutional neural networks with cutout, 2017).
   *
   * @param size of its side, in pixels
   */
  public static Augmentation<Sample> cutout(int size) {
    if (size < 1) {
      throw new KilnException("the square of a cutout must have at least 1 pixel, not " + size);
    }
    return (sample, random) -> {
      requireImage(sample);
      int height = sample.shape()[1];
      int width = sample.shape()[2];
      int top = random.nextInt(height) - size / 2;
      int left = random.nextInt(width) - size / 2;
      int from = Math.max(0, left);
      int to = Math.min(width, left + size);
      float[] values = sample.values().clone();
      for (int line = 0; line < sample.shape()[0] * height; line++) {
        int row = line % height;
        if (row >= top && row < top + size) {
          Arrays.fill(values, line * width + from, line * width + to, 0);
        }
      }
      return with(sample, values);
    };
  }

  private static Sample with(Sample sample, float[] values) {
    return new Sample(values, sample.shape(), sample.target());
  }

  private static void requireProbability(String what, double probability) {
    if (!(probability >= 0 && probability <= 1)) {
      throw new KilnException(
          "the probability of a %s must be from 0 to 1, not %s".formatted(what, probability));
    }
  }

  private static void requireImage(Sample sample) {
    if (sample.shape().length != 3) {
      throw new KilnException(
          "an image has the shape channels x height x width, not "
              + Arrays.toString(sample.shape()));
    }
  }
}
