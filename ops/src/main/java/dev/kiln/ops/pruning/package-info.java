/**
 * Pruning of weights: masks by magnitude or by the norms of channels, weights that stay zero, and
 * the schedule of pruning and fine-tuning in turns.
 *
 * <p>In come weights on a device, out go masks and zeros. {@link
 * dev.kiln.ops.pruning.MaskedWeights} holds those of a model at zero while an optimizer trains it.
 * Uses {@code kernels}, {@code runtime}, {@code ops.optim} and {@code ops.checkpoint}.
 */
package dev.kiln.ops.pruning;
