/**
 * A model of PTX text: structured control flow over registers that are written once, a builder that
 * folds and shares what it is given, passes, and the printer. Knows nothing of layouts or tiles.
 *
 * <p>The way of a kernel:
 *
 * <ol>
 *   <li>{@link PtxBuilder} makes {@link Node}s. Pure instructions pass through the rules of
 *       simplification ({@code RuleTable}: one class for each family of rules) and through value
 *       numbering ({@code ValueNumbers}), which also knows ranges and zero bits of integers ({@code
 *       Facts}, {@code Knowledge}). Sums are kept in one form: what changes in more loops outside
 *       of what changes in fewer, numbers outside of all, where {@link Operand.Address} takes them.
 *   <li>{@link PtxPasses} removes what nobody needs ({@code DeadCode}), moves invariants out of
 *       loops ({@code LoopInvariants}), carries addresses instead of offsets ({@code
 *       InductionVariables}), advances counters last ({@code LateUpdates}) and joins products with
 *       sums ({@code FusedProducts}).
 *   <li>{@link SharedAllocation} and {@link BarrierInsertion} deal with shared memory.
 *   <li>{@link PtxPrinter} moves numbers to registers where instructions take none ({@code
 *       ImmediateOperands}), gives registers that a move connects one name if they are never needed
 *       at the same time ({@code LiveRanges}, {@code RegisterHomes}), orders the moves that are
 *       left ({@code ParallelMove}) and writes the text ({@code BodyText}).
 * </ol>
 *
 * <p>Every step is linear, or nearly, in the number of instructions. Uses diagnostics for source
 * lines, nothing else.
 */
package dev.kiln.compiler.ptx;
