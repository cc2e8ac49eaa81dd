package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ptx.Operand;
import java.util.List;

/** What a loop does for iterations to come. Its parts are called once each, in this order. */
public interface LoopAhead {
  /**
   * Before the first iteration, of which it is known that there is one.
   *
   * @return what the loop carries for this in addition
   */
  List<Operand> begin();

  /**
   * At the start of an iteration.
   *
   * @param carried what {@link #begin} and then {@link #next} gave
   * @param induction of this iteration
   * @return what is left of the loop's body
   */
  Block iteration(List<Operand> carried, Operand induction);

  /** What the next iteration gets. */
  List<Operand> next();

  /** Behind the last iteration. */
  void end();
}
