package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.util.List;

/**
 * Statements still to run, a linked list: loops that are unrolled and branches that are decided at
 * compile time put theirs in front, so that an early return inside them sees all that would follow.
 */
final class Steps {
  /** One thing to do. */
  sealed interface Step {
    record Run(Stmt statement) implements Step {}

    /** Gives the target of an unrolled loop its next value. */
    record Bind(Location loc, Expr target, FrontValue value) implements Step {}

    /** The end of the function's text. */
    record End(Location loc) implements Step {}
  }

  static final Steps NONE = new Steps(null, null);

  private final Step head;
  private final Steps tail;

  private Steps(Step head, Steps tail) {
    this.head = head;
    this.tail = tail;
  }

  static Steps of(List<Stmt> statements) {
    return NONE.after(statements);
  }

  boolean isEmpty() {
    return head == null;
  }

  Step head() {
    return head;
  }

  Steps tail() {
    return tail;
  }

  /** The step, then these. */
  Steps after(Step step) {
    return new Steps(step, this);
  }

  /** The statements, then these. */
  Steps after(List<Stmt> statements) {
    Steps steps = this;
    for (int i = statements.size() - 1; i >= 0; i--) {
      steps = steps.after(new Step.Run(statements.get(i)));
    }
    return steps;
  }
}
