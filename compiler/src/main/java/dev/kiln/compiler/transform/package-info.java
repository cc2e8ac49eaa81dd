/**
 * Passes from tile IR to tile IR.
 *
 * <p>In: a valid {@link dev.kiln.compiler.ir.TileFunction}. Out: another of the same meaning, to
 * the last bit unless a pass says otherwise ({@link
 * dev.kiln.compiler.transform.ContractMultiplyAdd}). One pass, one class; none keeps state; none
 * depends on which passes ran before it, though the {@linkplain
 * dev.kiln.compiler.transform.StandardPipeline order} matters for how much each finds. Uses {@code
 * ir}, {@code analysis}, {@code numeric} and {@code diagnostics}.
 */
package dev.kiln.compiler.transform;
