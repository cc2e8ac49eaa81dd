/**
 * NumPy's {@code .npy} files.
 *
 * <p>In: a file. Out: its dtype, shape and bytes in row-major order, and back. Formats 1.0 to 3.0,
 * little and big endian, C and Fortran order are read; 1.0, little endian, C order is written. Uses
 * {@code compiler.ir} for dtypes.
 */
package dev.kiln.runtime.npy;
