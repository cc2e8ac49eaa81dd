package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;

/**
 * Branches on conditions that are known at run time only. Tile IR has no jumps: what follows an
 * {@code if} of which one side returns becomes part of the other side; where a side may or may not
 * return, a flag tells, and what follows stands under the flag. No statement is run twice.
 */
final class Branches {
  private final Interpreter interpreter;

  Branches(Interpreter interpreter) {
    this.interpreter = interpreter;
  }

  /** An {@code if} that does not leave the function. */
  void plain(Stmt.If statement, Tensor test) {
    Value condition = condition(statement, test);
    Scope before = interpreter.scope();
    Branch then = branch("then", before, Steps.of(statement.body()));
    Branch orElse = branch("else", before, Steps.of(statement.orElse()));
    join(statement.loc(), condition, before, then, orElse);
  }

  /** An {@code if} that may leave the function, and all that follows it. */
  Outcome returning(Stmt.If statement, Tensor test, Steps rest) {
    Value condition = condition(statement, test);
    Location loc = statement.loc();
    Scope before = interpreter.scope();
    Branch then = branch("then", before, Steps.of(statement.body()));
    if (then.returns()) {
      Branch orElse = branch("else", before, rest.after(statement.orElse()));
      return join(loc, condition, before, then, orElse);
    }
    Branch orElse = branch("else", before, Steps.of(statement.orElse()));
    if (orElse.returns()) {
      Outcome reached = then.outcome();
      then.run(() -> proceed(loc, reached, rest));
      return join(loc, condition, before, then, orElse);
    }
    return proceed(loc, join(loc, condition, before, then, orElse), rest);
  }

  private Value condition(Stmt.If statement, Tensor test) {
    return interpreter.expressions().runTime(statement.test(), test);
  }

  private Branch branch(String name, Scope before, Steps steps) {
    return new Branch(interpreter, name, before).run(() -> interpreter.statements().run(steps));
  }

  /** Runs what follows a point that is reached only if the function was not left before. */
  private Outcome proceed(Location loc, Outcome reached, Steps rest) {
    return switch (reached) {
      case Outcome.Falls falls -> interpreter.statements().run(rest);
      case Outcome.Returns returns -> returns;
      case Outcome.MayReturn may when rest.isEmpty() -> may;
      case Outcome.MayReturn may -> {
        Scope before = interpreter.scope();
        Branch left =
            new Branch(interpreter, "then", before).ending(new Outcome.Returns(may.returned()));
        Branch stayed = branch("else", before, rest);
        yield join(loc, may.flag(), before, left, stayed);
      }
    };
  }

  private Outcome join(Location loc, Value condition, Scope before, Branch then, Branch orElse) {
    return interpreter.at(
        loc, () -> new Join(interpreter, condition, before, then, orElse).build());
  }

  /** {@code body if condition else orElse}: both values must have one type. */
  FrontValue conditional(Expr.IfExp conditional, Value condition) {
    Scope before = interpreter.scope();
    Branch then = new Branch(interpreter, "then", before);
    Branch orElse = new Branch(interpreter, "else", before);
    FrontValue whenTrue = then.build(() -> interpreter.evaluate(conditional.body()));
    FrontValue whenFalse = orElse.build(() -> interpreter.evaluate(conditional.orElse()));
    var join = new Join(interpreter, condition, before, then, orElse);
    FrontValue result =
        join.merge(
            whenTrue,
            whenFalse,
            "",
            (a, b) ->
                interpreter.error(
                    "Ternary expression with dynamic condition has inconsistent types "
                        + Conversions.describe(a)
                        + " and "
                        + Conversions.describe(b),
                    "convert one side with `.to(dtype)`"));
    join.emit();
    return result;
  }
}
