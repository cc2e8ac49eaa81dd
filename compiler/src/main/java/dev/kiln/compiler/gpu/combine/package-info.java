/**
 * Operations in which elements of different threads meet: reductions, scans, gathers, histograms,
 * maps of packed elements.
 *
 * <p>Each asks the layout which bits of registers, lanes and warps move along the axis ({@code
 * AxisBits}), and goes within the thread, by shuffles and through shared memory accordingly. See
 * {@code docs/compiler-combine.md}.
 */
package dev.kiln.compiler.gpu.combine;
