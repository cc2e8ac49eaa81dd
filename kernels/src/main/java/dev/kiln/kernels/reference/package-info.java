/**
 * What the kernels mean: each operation in plain Java, one loop, to be read as its definition.
 *
 * <p>Every operation is written over a {@link dev.kiln.kernels.reference.Rounding}. With {@link
 * dev.kiln.kernels.reference.Rounding#EXACT} it computes in double precision and is what results
 * are measured against; with {@link dev.kiln.kernels.reference.Rounding#FP32} it is the plain
 * implementation whose error a kernel may at most double. Matrices are row-major {@code double[]}.
 * Uses {@code dev.kiln.compiler.numeric} for the error function and the formats of numbers.
 */
package dev.kiln.kernels.reference;
