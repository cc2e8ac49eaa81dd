package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.transform.rewrite.BlockSimplifier;
import dev.kiln.compiler.transform.rewrite.Rules;

/**
 * Folds constants and brings a function into the form that later passes expect, by the table of
 * {@link Rules#CANONICAL} and the rules for control flow of {@link BlockSimplifier}. Leaves dead
 * operations behind; see {@link DeadCodeElimination}.
 */
public final class Canonicalize implements Pass {
  /** What one walk finds may allow more; three walks settle all but contrived functions. */
  private static final int MAX_WALKS = 4;

  @Override
  public String name() {
    return "canonicalize";
  }

  @Override
  public TileFunction run(TileFunction function) {
    TileFunction current = function;
    for (int walk = 0; walk < MAX_WALKS; walk++) {
      TileFunction next = new BlockSimplifier(Rules.CANONICAL).run(current);
      if (next == current) {
        break;
      }
      current = next;
    }
    return current;
  }
}
