/**
 * The fused kernels: for each family one file in the kernel language and one launcher, which checks
 * shapes and dtypes, chooses block sizes and launches.
 *
 * <p>In come {@link dev.kiln.runtime.NdArray}s on one device, out go numbers in arrays that the
 * caller gives; nothing is allocated here. Uses {@code dev.kiln.runtime} and {@code
 * dev.kiln.compiler.ir.DType} only. What each operation means is defined by {@code
 * dev.kiln.kernels.reference}.
 */
package dev.kiln.kernels;
