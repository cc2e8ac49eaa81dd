/**
 * Normalization: softmax, layer, RMS, batch, group, instance, weight, pixel and spectral norm,
 * forward and backward.
 *
 * <p>Statistics are taken in fp32 (in fp64 for fp64 arrays) from differences to the mean, so that a
 * large mean does not cancel. Gradients of parameters are added up in parts, then part by part: the
 * same bits in every run. Each launcher checks its arguments and is not thread-safe.
 */
package dev.kiln.kernels.normalization;
