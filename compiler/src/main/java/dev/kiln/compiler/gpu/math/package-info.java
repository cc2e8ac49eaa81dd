/**
 * Arithmetic of single numbers in PTX: edge cases as tile IR fixes them, functions without
 * libdevice.
 */
package dev.kiln.compiler.gpu.math;
