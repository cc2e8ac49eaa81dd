/** Losses with their gradients, fused with the softmax or the linear layer before them. */
package dev.kiln.kernels.loss;
