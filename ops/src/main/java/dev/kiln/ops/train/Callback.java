package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import java.nio.file.Path;

/**
 * Sees what happens in a run, and may end it. A callback with a state of its own saves it, so that
 * a resumed run decides as the uninterrupted one would have.
 */
public interface Callback extends Stateful {
  /** Before the first step, after a resumption if there is one. */
  default void started(Trainer trainer) {}

  default void stepped(Trainer trainer, StepReport report) {}

  default void validated(Trainer trainer, Validation validation) {}

  /** Before a checkpoint is written: files that belong to it are brought up to date. */
  default void checkpointing(Trainer trainer) {}

  default void checkpointed(Trainer trainer, Path file) {}

  /** After the last step, or after a fault. */
  default void finished(Trainer trainer) {}

  /** Under which its state is kept; different for all callbacks of a run. */
  default String name() {
    return getClass().getSimpleName();
  }

  @Override
  default void save(StateWriter out) {}

  @Override
  default void load(StateReader in) {}
}
