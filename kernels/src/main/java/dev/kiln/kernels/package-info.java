/**
 * The fused kernels: for each family one file in the kernel language and a package with its
 * launchers, which check shapes and dtypes, choose block sizes and launch.
 *
 * <p>In come {@link dev.kiln.runtime.NdArray}s on one device, out go numbers in arrays that the
 * caller gives. What each operation means is defined by {@code dev.kiln.kernels.reference}. The
 * kernel files lie beside this package as resources.
 */
package dev.kiln.kernels;
