/**
 * The training loop: a {@link dev.kiln.ops.train.Workload} makes steps, a {@link
 * dev.kiln.ops.train.Trainer} drives it with validations and checkpoints, callbacks record, keep
 * the best weights, stop early.
 *
 * <p>In come a model, batches, an optimizer and a schedule; out go losses, measures and files. The
 * same seed gives the same losses, bit for bit, and a run that was interrupted anywhere goes on as
 * if it had not been. Uses {@code ops.data}, {@code ops.optim}, {@code ops.schedule}, {@code
 * ops.checkpoint}, {@code ops.metric} and {@code ops.report}. Prints nothing.
 */
package dev.kiln.ops.train;
