package dev.kiln.compiler.transform.rewrite;

/** The tables of rules that passes use. */
public final class Rules {
  /** Everything that makes a function simpler whatever the target. */
  public static final RewriteTable CANONICAL =
      RewriteTable.of(
          Folding.RULES,
          Algebra.RULES,
          CastRules.RULES,
          UniformRules.RULES,
          PointerRules.RULES,
          ShapeRules.RULES,
          MemoryRules.RULES);

  private Rules() {}
}
