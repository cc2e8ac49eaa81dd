/**
 * A device of shapes alone: arrays without memory, kernels that never run.
 *
 * <p>In: the same calls as on every device. Out: nothing but what can be told from shapes, so that
 * models of any size can be built and counted. Uses {@code runtime} alone.
 */
package dev.kiln.runtime.shape;
