/**
 * What changes parameters: optimizers over groups of them, clipping, loss scales, averages of
 * weights. In come parameters with their gradients, out come the parameters' new values; states go
 * to checkpoints by the parameters' names. Uses {@code tensor}, {@code checkpoint} and the
 * launchers of {@code dev.kiln.kernels.optimizer}; knows no modules and no schedules.
 */
package dev.kiln.ops.optim;
