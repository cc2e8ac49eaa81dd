/**
 * Figures of merit of a model, gathered batch by batch.
 *
 * <p>In come plain arrays: scores, predictions, labels, targets; out go numbers. Sums are kept in
 * fp64 and counts as integers, so that the order of batches does not show. Uses {@code
 * dev.kiln.runtime} for its exception only.
 */
package dev.kiln.ops.metric;
