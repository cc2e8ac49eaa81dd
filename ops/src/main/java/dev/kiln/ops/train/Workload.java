package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Mode;
import java.time.Duration;
import java.util.Optional;

/**
 * What a {@link Trainer} drives: a model with all that decides its next step. {@link Supervised} is
 * the usual one; others, such as two networks that play against each other, are made by
 * implementing this.
 *
 * <p>Its state holds the whole of it: weights, optimizer, schedule, loss scale, random numbers, the
 * position in the data, and gradients that were accumulated but not used yet. Two workloads with
 * equal states go on with equal losses, bit for bit.
 */
public interface Workload extends Stateful, AutoCloseable {
  /** The model whose weights are written. */
  Module model();

  /**
   * Takes one batch: forward and backward, and a step of the optimizer once enough gradients were
   * accumulated.
   *
   * @return what happened in the step, or nothing while gradients are accumulated
   */
  Optional<StepReport> advance();

  /** Measures the model on data that it is not trained on; empty if there is none. */
  Optional<Validation> validate();

  /**
   * Puts the weights in place that validations measure, such as averages, where they are others
   * than those that are trained. No step may be made meanwhile.
   *
   * @return puts the trained ones back
   */
  default Mode evaluated() {
    return () -> {};
  }

  /** Steps of the optimizer so far, skipped ones included. */
  long step();

  /** Passes over the data so far, with its fraction; 0 where there is no such thing. */
  double epoch();

  /**
   * Makes kernels by a first batch, and warms them by more; nothing of the state changes.
   *
   * @param most time after which no other batch begins; zero for the first alone
   * @return seconds that it took
   */
  default double warmUp(Duration most) {
    return 0;
  }

  @Override
  void close();
}
