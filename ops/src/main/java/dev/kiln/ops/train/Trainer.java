package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.CheckpointFolder;
import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.runtime.KilnException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs a {@link Workload} from its first step to its last, with validations, checkpoints and
 * callbacks.
 *
 * <p>A run may end anywhere, by {@code kill -9} too: {@link #resume} goes on from the last
 * checkpoint, and all later losses and weights are those of a run that was not interrupted, bit for
 * bit.
 */
public final class Trainer {
  private final Workload workload;
  private final TrainerOptions options;
  private final List<Callback> callbacks;
  private final Optional<CheckpointFolder> checkpoints;
  private volatile String stopReason;
  private Validation lastValidation;
  private long lastCheckpoint = -1;
  private long lastCheckpointNanos;
  private double warmUpSeconds;
  private boolean resumed;

  /**
   * @param callbacks called in their order; their names differ
   */
  public Trainer(Workload workload, TrainerOptions options, List<? extends Callback> callbacks) {
    this.workload = workload;
    this.options = options;
    this.callbacks = List.copyOf(callbacks);
    this.checkpoints =
        options.folder().map(folder -> new CheckpointFolder(folder, options.keptCheckpoints()));
    var names = new HashSet<String>();
    for (Callback callback : callbacks) {
      if (!names.add(callback.name())) {
        throw new KilnException("two callbacks have the name '" + callback.name() + "'");
      }
    }
  }

  public Workload workload() {
    return workload;
  }

  public TrainerOptions options() {
    return options;
  }

  /** The last validation, if there was one. */
  public Optional<Validation> lastValidation() {
    return Optional.ofNullable(lastValidation);
  }

  /** Seconds in which kernels were made and warmed before the first step. */
  public double warmUpSeconds() {
    return warmUpSeconds;
  }

  /** Whether this run goes on from a checkpoint. */
  public boolean isResumed() {
    return resumed;
  }

  /** Why the run ended before its last step, or nothing. */
  public Optional<String> stopReason() {
    return Optional.ofNullable(stopReason);
  }

  /**
   * Ends the run after the batch that is in work, with a checkpoint. May be called from any thread.
   */
  public void stop(String reason) {
    stopReason = reason;
  }

  /**
   * Goes on from the newest checkpoint of a folder that is whole.
   *
   * @param warnings told why a newer one cannot be used
   * @return where the run goes on
   * @throws KilnException if there is none, or it does not fit this workload
   */
  public long resume(Path folder, Consumer<String> warnings) {
    var from = new CheckpointFolder(folder, options.keptCheckpoints());
    if (from.resume(new RunState(), warnings).isEmpty()) {
      throw new KilnException("there is no checkpoint in " + folder);
    }
    resumed = true;
    lastCheckpoint = workload.step();
    return workload.step();
  }

  /**
   * Trains up to the last step, or until somebody stops it.
   *
   * @return the last validation, if there is any
   * @throws KilnException if the folder holds checkpoints of a run that this one does not resume
   */
  public Optional<Validation> run() {
    requireOwnFolder();
    warmUpSeconds = workload.warmUp(options.warmUp());
    lastCheckpointNanos = System.nanoTime();
    callbacks.forEach(callback -> callback.started(this));
    try {
      while (workload.step() < options.steps() && stopReason == null) {
        advance();
      }
      boolean isDone = workload.step() >= options.steps();
      if (isDone && !isValidated()) {
        validate();
      }
      if (lastCheckpoint != workload.step() || stopReason != null) {
        checkpoint();
      }
    } finally {
      callbacks.forEach(callback -> callback.finished(this));
    }
    return lastValidation();
  }

  /** Checkpoints of another run would be taken for this one's when it is resumed. */
  private void requireOwnFolder() {
    boolean isNew = !resumed && lastCheckpoint < 0;
    if (isNew && checkpoints.isPresent() && !checkpoints.get().all().isEmpty()) {
      throw new KilnException(
          options.folder().orElseThrow()
              + " holds checkpoints of a run already: resume it, or name another folder");
    }
  }

  private boolean isValidated() {
    return lastValidation != null && lastValidation.step() == workload.step();
  }

  private void advance() {
    Optional<StepReport> report = workload.advance();
    if (report.isPresent()) {
      callbacks.forEach(callback -> callback.stepped(this, report.get()));
      if (isDue(options.validateEvery())) {
        validate();
      }
      if (isDue(options.checkpointEvery())) {
        checkpoint();
        return;
      }
    }
    long limit = options.checkpointAfter().toNanos();
    if (limit > 0 && System.nanoTime() - lastCheckpointNanos > limit) {
      checkpoint();
    }
  }

  private boolean isDue(long every) {
    return every > 0 && workload.step() % every == 0;
  }

  private void validate() {
    Optional<Validation> validation = workload.validate();
    if (validation.isPresent()) {
      lastValidation = validation.get();
      callbacks.forEach(callback -> callback.validated(this, lastValidation));
    }
  }

  private void checkpoint() {
    lastCheckpointNanos = System.nanoTime();
    if (checkpoints.isPresent()) {
      callbacks.forEach(callback -> callback.checkpointing(this));
      lastCheckpoint = workload.step();
      Path file = checkpoints.get().save(lastCheckpoint, new RunState());
      callbacks.forEach(callback -> callback.checkpointed(this, file));
    }
  }

  /** The workload and all callbacks, each under its name. */
  private final class RunState implements Stateful {
    @Override
    public void save(StateWriter out) {
      workload.save(out.in("workload"));
      callbacks.forEach(callback -> callback.save(out.in("callback." + callback.name())));
    }

    @Override
    public void load(StateReader in) {
      workload.load(in.in("workload"));
      for (Callback callback : callbacks) {
        StateReader part = in.in("callback." + callback.name());
        // A callback may be added on resumption.
        if (!part.isEmpty()) {
          callback.load(part);
        }
      }
    }
  }
}
