/**
 * Numbers: exact conversions between float formats and their bits, and what each scalar operation
 * of tile IR computes.
 *
 * <p>In: doubles, longs and bits. Out: the same. Uses {@code ir} for {@link
 * dev.kiln.compiler.ir.DType} and the kinds of operations only.
 */
package dev.kiln.compiler.numeric;
