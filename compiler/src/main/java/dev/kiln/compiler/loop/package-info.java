/**
 * Vector-loop IR: a kernel as scalar code that runs fused loop nests over tiles, and the lowering
 * of tile IR to it.
 *
 * <p>In: an optimised {@link dev.kiln.compiler.ir.TileFunction}. Out: a {@link
 * dev.kiln.compiler.loop.LoopKernel}. It decides what is fused, what is materialised in scratch
 * memory and where, which accesses are affine, and which parts of a tile a mask leaves active. It
 * knows nothing of class files or vector widths, so that other emitters can follow. Uses {@code
 * ir}, {@code analysis} and {@code diagnostics}.
 */
package dev.kiln.compiler.loop;
