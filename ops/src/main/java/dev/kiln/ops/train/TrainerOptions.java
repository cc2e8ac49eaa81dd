package dev.kiln.ops.train;

import dev.kiln.runtime.KilnException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How long to train, and what is kept.
 *
 * @param steps of the optimizer in all, those before a resumption included
 * @param validateEvery steps between validations; 0 for one at the end only
 * @param checkpointEvery steps between checkpoints; 0 for one at the end only
 * @param checkpointAfter time after which a checkpoint is written in any case, also while gradients
 *     are accumulated; zero for never
 * @param folder where checkpoints go; empty for none
 * @param keptCheckpoints how many of the last ones stay
 * @param warmUp how long kernels are warmed before the first step at most; zero for one batch
 */
public record TrainerOptions(
    long steps,
    long validateEvery,
    long checkpointEvery,
    Duration checkpointAfter,
    Optional<Path> folder,
    int keptCheckpoints,
    Duration warmUp) {
  public TrainerOptions {
    if (steps < 0 || validateEvery < 0 || checkpointEvery < 0 || keptCheckpoints < 1) {
      throw new KilnException(
          "steps %d, validateEvery %d and checkpointEvery %d must not be negative, and at least one"
                  .formatted(steps, validateEvery, checkpointEvery)
              + " checkpoint is kept, not "
              + keptCheckpoints);
    }
  }

  /** Without files, and with a validation at the end. */
  public static TrainerOptions of(long steps) {
    return new TrainerOptions(steps, 0, 0, Duration.ZERO, Optional.empty(), 2, Duration.ZERO);
  }

  public TrainerOptions validateEvery(long newSteps) {
    return new TrainerOptions(
        steps, newSteps, checkpointEvery, checkpointAfter, folder, keptCheckpoints, warmUp);
  }

  /** With checkpoints in a folder. */
  public TrainerOptions checkpoints(Path newFolder, long every) {
    return new TrainerOptions(
        steps,
        validateEvery,
        every,
        checkpointAfter,
        Optional.of(newFolder),
        keptCheckpoints,
        warmUp);
  }

  public TrainerOptions checkpointAfter(Duration time) {
    return new TrainerOptions(
        steps, validateEvery, checkpointEvery, time, folder, keptCheckpoints, warmUp);
  }

  public TrainerOptions warmUp(Duration most) {
    return new TrainerOptions(
        steps, validateEvery, checkpointEvery, checkpointAfter, folder, keptCheckpoints, most);
  }
}
