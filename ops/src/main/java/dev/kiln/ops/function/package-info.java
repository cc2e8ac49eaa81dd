/**
 * Fused differentiable operations, as static methods by family: products, convolutions, norms,
 * attention, losses. In come tensors, out come tensors with their place in the graph; kernels are
 * those of {@code dev.kiln.kernels}. Uses {@code tensor} alone, and knows no parameters.
 */
package dev.kiln.ops.function;
