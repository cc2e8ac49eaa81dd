package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;

/** Is told the values that the operations of one source line compute, in order of execution. */
public interface TraceListener {
  /**
   * @param program the program that runs
   * @param op the operation; for a loop, told at each start of an iteration for its parameters
   * @param defined the result or block parameter that got the value, or the operand of an operation
   *     that has no results
   */
  void value(ProgramId program, Op op, Value defined, TileValue value);
}
