/**
 * Layers: modules that hold parameters and compute with them.
 *
 * <p>A {@link Module} has named parameters, buffers and children; names joined by dots are those of
 * checkpoints, and follow PyTorch's where it has the same layer. A {@link Layer} is a module from
 * one tensor to one. Computation stands in {@code dev.kiln.ops.function}; this package adds
 * parameters, their initial values, and {@code summary}. Uses {@code tensor} and {@code function}.
 */
package dev.kiln.ops.nn;
