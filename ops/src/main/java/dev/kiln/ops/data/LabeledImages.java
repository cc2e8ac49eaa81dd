package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;

/**
 * Images of one size with a class for each. As a data set it gives numbers from 0 to 1 of shape
 * {@code channels x height x width}.
 *
 * @param channels 1 for grey, 3 for red, green and blue
 * @param pixels {@code count x channels x height x width} unsigned bytes, 0 to 255
 * @param labels {@code count} classes, 0 to {@code classes - 1}
 */
public record LabeledImages(
    int channels, int height, int width, int classes, byte[] pixels, byte[] labels)
    implements Dataset<Sample> {
  public LabeledImages {
    if (channels < 1
        || height < 1
        || width < 1
        || pixels.length != (long) labels.length * channels * height * width) {
      throw new KilnException(
          "%d labels do not fit %d pixels of %d x %d images"
              .formatted(labels.length, pixels.length, height, width));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new KilnException(
            "label %d is %d, not a class from 0 to %d"
                .formatted(i, Byte.toUnsignedInt(labels[i]), classes - 1));
      }
    }
  }

  /** Grey images. */
  public LabeledImages(int height, int width, int classes, byte[] pixels, byte[] labels) {
    this(1, height, width, classes, pixels, labels);
  }

  public int count() {
    return labels.length;
  }

  @Override
  public int size() {
    return labels.length;
  }

  /** Numbers of an image: pixels of all channels. */
  public int imageSize() {
    return channels * height * width;
  }

  @Override
  public Sample get(int index) {
    Dataset.requireIndex(index, labels.length);
    float[] values = new float[imageSize()];
    int from = index * values.length;
    for (int i = 0; i < values.length; i++) {
      values[i] = (pixels[from + i] & 0xff) * (1 / 255f);
    }
    int[] shape = {channels, height, width};
    return new Sample(values, shape, new Target.OfClass(labels[index], classes));
  }

  /** The class of each image, for a stratified {@link Split}. */
  public int[] classOfEach() {
    int[] classOfEach = new int[labels.length];
    for (int i = 0; i < labels.length; i++) {
      classOfEach[i] = labels[i];
    }
    return classOfEach;
  }
}
