/**
 * What a training run leaves behind for people: TensorBoard events, CSV, a page with curves, plots
 * of schedules, progress on the terminal.
 *
 * <p>In come steps with values, samples and notes; out go files, or text to a writer that the
 * caller owns. {@link dev.kiln.ops.report.RunLog} holds all that a page shows and survives a resume
 * as JSON. Uses {@code dev.kiln.runtime}, {@code dev.kiln.ops.page}, {@code dev.kiln.ops.metric}
 * and {@code dev.kiln.ops.schedule}, no tensors.
 */
package dev.kiln.ops.report;
