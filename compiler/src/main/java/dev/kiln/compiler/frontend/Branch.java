package dev.kiln.compiler.frontend;

import dev.kiln.compiler.ir.Op;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** One side of an {@code if} while it is being built: its operations, variables and end. */
final class Branch {
  private final Interpreter interpreter;
  private final String name;
  private final List<Op> ops = new ArrayList<>();
  private Scope scope;
  private Outcome outcome = Outcome.FALLS;

  /**
   * @param name {@code then} or {@code else}, for messages
   * @param before the variables at the start; they are copied
   */
  Branch(Interpreter interpreter, String name, Scope before) {
    this.interpreter = interpreter;
    this.name = name;
    this.scope = before.copy();
  }

  /** Runs statements at the end of what the branch has done, with its variables. */
  Branch run(Supplier<Outcome> statements) {
    Frame frame = interpreter.frame();
    Scope outer = frame.scope();
    frame.enter(scope);
    try {
      ops.addAll(interpreter.collect(() -> outcome = statements.get()));
      scope = frame.scope();
    } finally {
      frame.enter(outer);
    }
    return this;
  }

  /** A branch that does nothing but end so. */
  Branch ending(Outcome end) {
    outcome = end;
    return this;
  }

  /** Builds a value at the end of the branch, with its variables. */
  <T> T build(Supplier<T> action) {
    var result = new ArrayList<T>(1);
    Outcome end = outcome;
    run(
        () -> {
          result.add(action.get());
          return end;
        });
    return result.getFirst();
  }

  String name() {
    return name;
  }

  List<Op> ops() {
    return ops;
  }

  Scope scope() {
    return scope;
  }

  Outcome outcome() {
    return outcome;
  }

  boolean returns() {
    return outcome instanceof Outcome.Returns;
  }
}
