/**
 * The evaluator: a plain, scalar interpreter of tile IR. It is what every code generator is
 * compared with, and shares no code with them.
 *
 * <p>In: a {@link dev.kiln.compiler.ir.TileFunction} and a {@link dev.kiln.compiler.eval.Launch}
 * (grid, arguments, memory). Out: the writes to that memory and the printed lines; on request a
 * {@link dev.kiln.compiler.eval.SanitizerReport} about misused memory and undefined values, and the
 * values of a source line as {@link dev.kiln.compiler.eval.TraceListener} events. Uses {@code ir},
 * {@code numeric} and {@code diagnostics}.
 */
package dev.kiln.compiler.eval;
