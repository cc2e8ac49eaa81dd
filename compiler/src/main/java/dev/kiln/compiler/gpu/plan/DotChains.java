package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import java.util.HashSet;
import java.util.Set;

/**
 * Which products feed each other: the result of one, after arithmetic by elements, is the left
 * operand of the other, as in attention.
 */
final class DotChains {
  private final Uses uses;

  DotChains(Uses uses) {
    this.uses = uses;
  }

  /** Whether the product feeds another one or is fed by one. */
  boolean isChained(Dot dot) {
    return comesFromDot(dot.a(), new HashSet<>()) || goesToDot(dot.result(), new HashSet<>());
  }

  private boolean comesFromDot(Value value, Set<Value> seen) {
    if (!value.type().isTile() || value.shape().rank() < 2 || !seen.add(value)) {
      return false;
    }
    Op definition = uses.definition(value).orElse(null);
    return definition instanceof Dot
        || keepsRows(definition)
            && definition.operands().stream().anyMatch(operand -> comesFromDot(operand, seen));
  }

  private boolean goesToDot(Value value, Set<Value> seen) {
    return seen.add(value)
        && uses.users(value).stream()
            .anyMatch(
                user ->
                    user instanceof Dot next
                        ? next.a() == value
                        : keepsRows(user) && goesToDot(user.results().getFirst(), seen));
  }

  private static boolean keepsRows(Op op) {
    return op instanceof ElementwiseOp;
  }
}
