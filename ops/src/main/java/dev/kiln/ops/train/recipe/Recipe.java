package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.report.RunLog;
import dev.kiln.ops.train.Task;
import dev.kiln.ops.train.Validator;

/**
 * A kind of training: a model, what it learns from, and how it is measured.
 *
 * @param <B> a batch in host memory
 */
public interface Recipe<B> extends AutoCloseable {
  /** A figure of a validation that tells which weights are best. */
  record Goal(String metric, boolean isLargerBetter) {
    /** The least loss. */
    public static final Goal LOSS = new Goal("loss", false);

    /** The most right answers. */
    public static final Goal ACCURACY = new Goal("accuracy", true);
  }

  Task<B> task();

  BatchPlan<B> plan();

  Validator validator();

  /** What is counted by the task's {@code examples}: images, rows, tokens. */
  String unit();

  /** Floating-point operations of training with one of them, forward and backward. */
  double flopsPerExample();

  Goal goal();

  /** What is learned from what, for people: one line. */
  String about();

  /** Adds samples of what the model does to a record of the run, after a validation. */
  default void illustrate(RunLog log, long step) {}

  /** Frees the model. */
  @Override
  void close();
}
