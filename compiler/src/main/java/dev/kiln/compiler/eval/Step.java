package dev.kiln.compiler.eval;

/** An operation that is ready to be executed: its operands and results are numbers of slots. */
@FunctionalInterface
interface Step {
  void run(Program program);
}
