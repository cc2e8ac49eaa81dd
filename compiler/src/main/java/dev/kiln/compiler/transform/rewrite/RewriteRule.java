package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import java.util.List;

/**
 * What one kind of operation may be replaced by.
 *
 * @param description the rule as people write it: {@code unsplat(splat(x)) -> x}
 * @param on the operations that it looks at
 */
public record RewriteRule<O extends Op>(
    String description, Class<O> on, Replacement<? super O> replacement) {
  /** Gives the values to use as the operation's results, or null if the rule does not apply. */
  public interface Replacement<O extends Op> {
    List<Value> apply(O op, Rewriting in);
  }

  /** Like {@link Replacement} for operations with one result. */
  public interface SingleReplacement<O extends Op> {
    Value apply(O op, Rewriting in);
  }

  /** A rule for operations with one result. */
  static <O extends Op> RewriteRule<O> rule(
      String description, Class<O> on, SingleReplacement<? super O> replacement) {
    return new RewriteRule<>(
        description,
        on,
        (op, in) -> {
          Value value = replacement.apply(op, in);
          return value == null ? null : List.of(value);
        });
  }

  List<Value> apply(Op op, Rewriting in) {
    return replacement.apply(on.cast(op), in);
  }
}
