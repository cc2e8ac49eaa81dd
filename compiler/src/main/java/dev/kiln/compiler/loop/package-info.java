/**
 * Vector-loop IR: a kernel as scalar code that runs fused loop nests over tiles, and the lowering
 * of tile IR to it.
 *
 * <p>In: an optimised {@link dev.kiln.compiler.ir.TileFunction}. Out: a {@link
 * dev.kiln.compiler.loop.LoopKernel}. It decides what is fused, what is materialised in scratch
 * memory and where, which accesses are affine, and which parts of a tile a mask leaves active. It
 * knows nothing of class files or vector widths, so that other emitters can follow. Uses {@code
 * ir}, {@code analysis} and {@code diagnostics}.
 *
 * <p>The IR is {@link dev.kiln.compiler.loop.LoopStmt} (driver code), {@link
 * dev.kiln.compiler.loop.LaneStmt} (bodies of nests) and {@link dev.kiln.compiler.loop.TileRef}
 * (where tiles lie); {@link dev.kiln.compiler.loop.LoopPrinter} shows it. The lowering starts in
 * {@link dev.kiln.compiler.loop.LoopLowering}; {@code docs/cpu.md} tells how it works:
 *
 * <ul>
 *   <li>{@code BlockLowering} and the other {@code ..Lowering}s walk a block in its order and place
 *       what has to run: stores, reductions, products, loops;
 *   <li>{@code KernelLowering} finds the nest that such a statement joins, {@code Pull} computes in
 *       it the tiles that the statement wants, {@code Access} says which accesses may be exchanged;
 *   <li>{@code FormAnalysis} sees affine tiles, {@code MaskLowering} turns masks into ranges,
 *       {@code IndexMap} carries indices through shape operations;
 *   <li>{@code ScalarCode} and {@code Region} place scalar code, {@code NestShape} orders and
 *       merges axes, {@code CarriedTiles} and {@code ScratchLayout} give tiles their memory.
 * </ul>
 */
package dev.kiln.compiler.loop;
