/**
 * Kinds of training that are ready to run: digits, text, tables. A {@link
 * dev.kiln.ops.train.recipe.Recipe} brings model, data and measures; {@link
 * dev.kiln.ops.train.recipe.TrainingRun} adds an optimizer and a schedule by {@link
 * dev.kiln.ops.train.recipe.RunSettings}.
 *
 * <p>In come data and sizes, out goes a workload for a {@link dev.kiln.ops.train.Trainer}. Uses
 * {@code ops.data}, {@code ops.text}, {@code ops.model}, {@code ops.optim}, {@code ops.metric},
 * {@code ops.report}. Prints nothing.
 */
package dev.kiln.ops.train.recipe;
