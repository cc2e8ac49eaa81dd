/**
 * Emission: one walk over tile IR that appends PTX for each operation, under a plan.
 *
 * <p>{@link Emission} is what all emitters work with: it knows what values are, as scalars, {@link
 * Fragment}s or {@link SharedTile}s, computes index tiles where they are asked for, and converts
 * layouts. {@code KernelEmission} implements it; {@code Operations} gives each operation to the
 * emitter of its family. Here are those of control flow, shapes, conversions and inline assembly;
 * the others have rooms of their own, which know this one by {@link Emission} and the small classes
 * for registers, addresses and shared memory: {@code gpu.math}, {@code gpu.memory}, {@code
 * gpu.combine}, {@code gpu.dot}, {@code gpu.pipeline}.
 */
package dev.kiln.compiler.gpu.emit;
