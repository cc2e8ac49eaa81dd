/**
 * What users of kernels touch: devices, buffers, arrays, kernel modules, launches.
 *
 * <p>A {@link dev.kiln.runtime.KernelModule} is a kernel file; a {@link dev.kiln.runtime.Kernel} of
 * it is launched on a {@link dev.kiln.runtime.Device} over a {@link dev.kiln.runtime.Grid}, with
 * {@link dev.kiln.runtime.NdArray}s and numbers as arguments. Devices live in packages of their own
 * ({@code cpu}, {@code eval}); this package knows them by {@link dev.kiln.runtime.Device} alone.
 * Uses the compiler.
 */
package dev.kiln.runtime;
