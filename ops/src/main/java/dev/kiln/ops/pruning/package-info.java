/**
 * Pruning of weights: masks by magnitude or by the norms of channels, weights that stay zero, and
 * the schedule of pruning and fine-tuning in turns.
 *
 * <p>In come weights on a device, out go masks and zeros. May use {@code dev.kiln.kernels} and
 * {@code dev.kiln.runtime}; knows nothing of how a model is trained.
 */
package dev.kiln.ops.pruning;
