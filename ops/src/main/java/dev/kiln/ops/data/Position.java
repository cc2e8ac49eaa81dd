package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;

/**
 * Where a {@link BatchStream} stands: a part of a checkpoint.
 *
 * @param epoch of the batch that comes next, from 0
 * @param batch its number within the epoch, from 0
 */
public record Position(int epoch, int batch) {
  /** Before the first batch. */
  public static final Position START = new Position(0, 0);

  public Position {
    if (epoch < 0 || batch < 0) {
      throw new KilnException(
          "a position in the data has no epoch %d and batch %d".formatted(epoch, batch));
    }
  }
}
