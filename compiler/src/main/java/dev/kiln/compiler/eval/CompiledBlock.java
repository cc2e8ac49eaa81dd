package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.Op;

/**
 * A block whose operations are ready to be executed.
 *
 * @param params slots of the block's parameters
 * @param yields slots of the terminator's operands
 */
record CompiledBlock(Block block, int[] params, Op[] ops, Step[] steps, int[] yields) {
  /** Executes the block and returns the terminator's operands. */
  TileValue[] run(Program program, TileValue... arguments) {
    for (int i = 0; i < params.length; i++) {
      program.set(params[i], arguments[i]);
    }
    for (int i = 0; i < steps.length; i++) {
      program.begin(ops[i]);
      steps[i].run(program);
      program.end(ops[i]);
    }
    return program.get(yields);
  }
}
