/**
 * A model of PTX text: structured control flow over registers that are written once, a builder that
 * folds and shares what it is given, passes, and the printer. Knows nothing of layouts or tiles.
 *
 * <p>{@link PtxBuilder} makes nodes; {@code PtxPasses} moves invariants, removes what nobody needs,
 * places shared memory and barriers; {@code PtxPrinter} gives registers their final names and
 * writes the text.
 */
package dev.kiln.compiler.ptx;
