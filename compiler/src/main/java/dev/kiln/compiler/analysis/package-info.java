/**
 * Facts about tile IR that passes and code generators ask for.
 *
 * <p>In: a {@link dev.kiln.compiler.ir.TileFunction}. Out: where values are defined and used
 * ({@link dev.kiln.compiler.analysis.Uses}), how integers and addresses run along the axes of tiles
 * ({@link dev.kiln.compiler.analysis.AxisAnalysis}), from which parameters pointers derive ({@link
 * dev.kiln.compiler.analysis.PointerOrigins}). An analysis is made for one function and knows
 * nothing of others. Uses {@code ir}.
 */
package dev.kiln.compiler.analysis;
