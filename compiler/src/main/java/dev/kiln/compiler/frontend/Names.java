package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.syntax.Expr;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.Optional;

/** What a name in a kernel means: a local variable, a global of its module, a builtin of Python. */
final class Names {
  private Names() {}

  static FrontValue lookUp(Interpreter interpreter, Expr.Name name) {
    return find(interpreter, name.id()).orElseThrow(() -> undefined(interpreter, name.id()));
  }

  private static Optional<FrontValue> find(Interpreter interpreter, String name) {
    Optional<FrontValue> local = interpreter.scope().get(name);
    if (local.isPresent()) {
      return local;
    }
    if (interpreter.scope().whyHidden(name).isPresent()) {
      return Optional.empty();
    }
    Frame frame = interpreter.frame();
    Optional<FrontValue> global =
        frame.mode() == Frame.Mode.CONSTANT
            ? frame.module().anyGlobal(interpreter, name)
            : frame.module().global(interpreter, name);
    return global.or(() -> Builtins.resolve("builtins." + name));
  }

  private static CompilationException undefined(Interpreter interpreter, String name) {
    String message = name + " is not defined";
    Optional<String> hint =
        interpreter
            .scope()
            .whyHidden(name)
            .or(
                () -> {
                  var known = new LinkedHashSet<>(interpreter.scope().names());
                  known.addAll(interpreter.frame().module().names());
                  return nearest(name, known).map(near -> "did you mean " + near + "?");
                });
    return hint.map(text -> interpreter.error(message, text))
        .orElseGet(() -> interpreter.error(message));
  }

  /** An error about a name, with the candidate that is most like it as a hint. */
  static CompilationException withNearest(
      Interpreter interpreter, String message, String name, Collection<String> candidates) {
    return nearest(name, candidates)
        .map(near -> interpreter.error(message, "did you mean " + near + "?"))
        .orElseGet(() -> interpreter.error(message));
  }

  /** The candidate that is most like the name, if one is like it. */
  static Optional<String> nearest(String name, Collection<String> candidates) {
    int limit = Math.max(1, name.length() / 3);
    return candidates.stream()
        .filter(candidate -> distance(name, candidate) <= limit)
        .min(Comparator.comparingInt(candidate -> distance(name, candidate)));
  }

  /** The number of characters to insert, remove or replace. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(substitution, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[b.length()];
  }
}
