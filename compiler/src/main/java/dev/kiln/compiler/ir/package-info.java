/**
 * Tile IR: the one intermediate representation that the evaluator and both code generators read.
 *
 * <p>SSA with structured control flow. A value is a scalar, a pointer or a tile with a power-of-two
 * shape; integers carry no sign, operations do. Everything is immutable: a pass reads a {@link
 * dev.kiln.compiler.ir.TileFunction} and makes another. The textual form round-trips. Uses {@code
 * diagnostics} alone.
 */
package dev.kiln.compiler.ir;
