/**
 * Optimizers, many tensors at a launch, with fp32 master weights, unscaling, clipping and a look
 * for infinities.
 */
package dev.kiln.kernels.optimizer;
