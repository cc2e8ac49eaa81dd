package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;

/**
 * A window around each frame of a series that may reach further back than ahead. A model that reads
 * it in both directions meets at the frame: forward it reads {@code t - current .. t}, backward
 * {@code t + length - 1 - current .. t}, from the end. Frames before the start and behind the end
 * are padding.
 *
 * @param length frames of the window
 * @param current place of the frame itself within the window, from 0
 */
public record AsymmetricWindow(int length, int current) {
  /** Stands for a frame outside of the series. */
  public static final int PADDING = -1;

  public AsymmetricWindow {
    if (length < 1 || current < 0 || current >= length) {
      throw new KilnException(
          "the current frame of a window of %d must be from 0 to %d, not %d"
              .formatted(length, length - 1, current));
    }
  }

  /** The frames that are read forward: {@code current + 1} of them, the frame itself last. */
  public int[] forward(int frame, int frames) {
    requireFrame(frame, frames);
    int[] read = new int[current + 1];
    for (int i = 0; i < read.length; i++) {
      read[i] = inside(frame - current + i, frames);
    }
    return read;
  }

  /** The frames that are read backward: {@code length - current} of them, the frame itself last. */
  public int[] backward(int frame, int frames) {
    requireFrame(frame, frames);
    int[] read = new int[length - current];
    for (int i = 0; i < read.length; i++) {
      read[i] = inside(frame + length - 1 - current - i, frames);
    }
    return read;
  }

  private static int inside(int frame, int frames) {
    return frame >= 0 && frame < frames ? frame : PADDING;
  }

  private static void requireFrame(int frame, int frames) {
    if (frame < 0 || frame >= frames) {
      throw new KilnException("a series of %,d frames has no frame %,d".formatted(frames, frame));
    }
  }

  /**
   * The features of frames, one after the other; 0 for padding.
   *
   * @param series {@code frames x features}
   * @param read numbers of frames, or {@link #PADDING}
   */
  public static float[] gather(float[] series, int features, int... read) {
    float[] values = new float[read.length * features];
    for (int i = 0; i < read.length; i++) {
      if (read[i] != PADDING) {
        System.arraycopy(series, read[i] * features, values, i * features, features);
      }
    }
    return values;
  }
}
