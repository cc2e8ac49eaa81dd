package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ptx.Operand;
import java.util.List;
import java.util.Optional;

/**
 * What a loop does for iterations to come. Its parts are called in this order, {@link #iteration}
 * and {@link #next} once for each loop that is emitted: a loop may be emitted twice, for its steady
 * iterations and then for the others.
 */
public interface LoopAhead {
  /**
   * Before the first iteration, of which it is known that there is one.
   *
   * @return what the loop carries for this in addition
   */
  List<Operand> begin();

  /**
   * The number below which iterations are steady: what they do ahead has no edges. There is another
   * iteration behind the last of them. Empty if that makes no difference.
   */
  Optional<Operand> steadyEnd();

  /**
   * At the start of an iteration.
   *
   * @param carried what {@link #begin} and then {@link #next} gave
   * @param induction of this iteration
   * @param isSteady whether its number is below {@link #steadyEnd}
   * @return what is left of the loop's body
   */
  Block iteration(List<Operand> carried, Operand induction, boolean isSteady);

  /** What the next iteration gets. */
  List<Operand> next();

  /** What is left behind the steady iterations. */
  List<Operand> left();

  /**
   * What the loop of the other iterations carries in addition.
   *
   * @param left what {@link #left} gave
   * @param induction of its first iteration
   */
  List<Operand> carry(List<Operand> left, Operand induction);

  /** Behind the last iteration. */
  void end();
}
