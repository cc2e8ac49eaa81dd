package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Deals images out in batches: shuffled anew for each epoch and distorted, or in order and as they
 * are. The same seed gives the same batches, always. Not thread-safe.
 */
public final class BatchSource {
  private final LabeledImages images;
  private final Distortion distortion;
  private final SplittableRandom order;
  private final SplittableRandom hand;
  private final float[] pixels;
  private final int[] labels;
  private final int[] permutation;

  /**
   * @param batch images of a batch; at most as many as there are
   */
  public BatchSource(
      LabeledImages images, int batch, Distortion distortion, SplittableRandom random) {
    if (batch < 1 || batch > images.count()) {
      throw new KilnException("a batch must have 1 to " + images.count() + " images, not " + batch);
    }
    this.images = images;
    this.distortion = distortion;
    order = random.split();
    hand = random.split();
    pixels = new float[batch * images.imageSize()];
    labels = new int[batch];
    permutation = new int[images.count()];
    for (int i = 0; i < permutation.length; i++) {
      permutation[i] = i;
    }
  }

  /** Full batches of an epoch; what is left over is dealt out in another epoch. */
  public int batchesPerEpoch() {
    return images.count() / labels.length;
  }

  /** Starts an epoch. */
  public void shuffle() {
    for (int i = permutation.length - 1; i > 0; i--) {
      int j = order.nextInt(i + 1);
      int swapped = permutation[i];
      permutation[i] = permutation[j];
      permutation[j] = swapped;
    }
  }

  /** Fills {@link #pixels} and {@link #labels} with a batch of this epoch. */
  public void load(int batch) {
    int size = images.imageSize();
    for (int i = 0; i < labels.length; i++) {
      int image = permutation[batch * labels.length + i];
      labels[i] = images.labels()[image];
      distortion.apply(
          images.pixels(), image * size, images.height(), images.width(), hand, pixels, i * size);
    }
    normalize(pixels, pixels.length);
  }

  /** {@code batch x pixels} normalised numbers. */
  public float[] pixels() {
    return pixels;
  }

  /** The class of each image of the batch. */
  public int[] labels() {
    return labels;
  }

  /**
   * Images in order and as they are; rows after the last one are 0.
   *
   * @return how many rows hold an image
   */
  public static int loadInOrder(LabeledImages images, int first, float[] pixels, int rows) {
    int count = Math.min(rows, images.count() - first);
    int n = count * images.imageSize();
    int from = first * images.imageSize();
    for (int i = 0; i < n; i++) {
      pixels[i] = (images.pixels()[from + i] & 0xff) * (1 / 255f);
    }
    normalize(pixels, n);
    Arrays.fill(pixels, n, rows * images.imageSize(), 0);
    return count;
  }

  private static void normalize(float[] pixels, int n) {
    for (int i = 0; i < n; i++) {
      pixels[i] = (pixels[i] - Mnist.MEAN) / Mnist.DEVIATION;
    }
  }
}
