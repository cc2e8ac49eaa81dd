package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ir.ControlOp;

/**
 * What {@code range}, {@code tl.range} and {@code tl.static_range} return: something for a {@code
 * for} loop to run over, and nothing else.
 *
 * @param start an integer, constant or scalar; {@code 0} where the call did not say
 * @param step {@code 1} where the call did not say
 * @param isStatic whether the loop is unrolled with a constant induction variable; then all three
 *     are constants
 */
public record RangeValue(
    FrontValue start, FrontValue stop, FrontValue step, boolean isStatic, ControlOp.LoopHints hints)
    implements FrontValue {}
