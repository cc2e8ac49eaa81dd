/**
 * Arithmetic of single numbers: an elementwise operation of tile IR and its operands in, PTX of one
 * element out.
 *
 * <p>{@code Arithmetic} is the way in. Edge cases are those that tile IR fixes; functions are
 * sequences of instructions with known bounds, no library is linked. {@code Code} lets them be
 * written like formulas. Uses the PTX builder and the target; knows no tiles. See {@code
 * docs/compiler-math.md}.
 */
package dev.kiln.compiler.gpu.math;
