/**
 * The evaluator as a device, and sanitized launches of the CPU device.
 *
 * <p>In: compiled kernels and launches. Out: results in the slab, or a report of what a kernel did
 * wrong. Uses {@code compiler.eval} and {@code memory}.
 */
package dev.kiln.runtime.eval;
