/**
 * The CPU device: kernels as generated classes, program instances on all cores.
 *
 * <p>In: compiled kernels and launches. Out: results in the slab. Uses {@code compiler.jvm} for the
 * classes and {@code memory} for the slab.
 */
package dev.kiln.runtime.cpu;
