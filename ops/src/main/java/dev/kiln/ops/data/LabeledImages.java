package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;

/**
 * Grey images of one size with a class for each.
 *
 * @param pixels {@code count x height x width} unsigned bytes, 0 to 255
 * @param labels {@code count} classes, 0 to {@code classes - 1}
 */
public record LabeledImages(int height, int width, int classes, byte[] pixels, byte[] labels) {
  public LabeledImages {
    if (height < 1 || width < 1 || pixels.length != (long) labels.length * height * width) {
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

  public int count() {
    return labels.length;
  }

  /** Pixels of an image. */
  public int imageSize() {
    return height * width;
  }
}
