/**
 * Training: a network with its buffers and steps, the schedule of the learning rate, and the loop
 * over epochs.
 *
 * <p>In come images and settings, out go losses, accuracies and weights. Every number is computed
 * by kernels on one device; the same settings give the same losses, bit for bit. Uses {@code
 * dev.kiln.kernels}, {@code dev.kiln.runtime} and {@code dev.kiln.ops.data}. Prints nothing.
 */
package dev.kiln.ops.train;
