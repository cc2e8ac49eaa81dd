package dev.kiln.compiler.python;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The arguments of a call to a built-in function, taken one by one; what is left over is an error.
 */
final class Arguments {
  private final String function;
  private final List<Object> positional;
  private final Map<String, Object> named;
  private final Set<String> taken = new HashSet<>();
  private int next;

  Arguments(String function, List<Object> positional, Map<String, Object> named) {
    this.function = function;
    this.positional = positional;
    this.named = named;
  }

  /** The next parameter, by position or by name. */
  Object required(String name) {
    return optional(name)
        .orElseThrow(
            () -> PythonError.type(function + "() missing required argument: '" + name + "'"));
  }

  Optional<Object> optional(String name) {
    taken.add(name);
    if (next < positional.size()) {
      if (named.containsKey(name)) {
        throw PythonError.type(function + "() got multiple values for argument '" + name + "'");
      }
      return Optional.of(positional.get(next++));
    }
    return Optional.ofNullable(named.get(name));
  }

  Object optional(String name, Object otherwise) {
    return optional(name).orElse(otherwise);
  }

  /** A parameter that is given by name only. */
  Optional<Object> keyword(String name) {
    taken.add(name);
    return Optional.ofNullable(named.get(name));
  }

  /** All positional arguments that are left. */
  List<Object> rest() {
    var rest = positional.subList(next, positional.size());
    next = positional.size();
    return rest;
  }

  /** Takes all arguments by name that are left. */
  void ignoreNamed() {
    taken.addAll(named.keySet());
  }

  /**
   * @throws PythonError if arguments are left over
   */
  void done() {
    if (next < positional.size()) {
      throw PythonError.type(
          function
              + "() takes at most "
              + next
              + " argument"
              + (next == 1 ? "" : "s")
              + " ("
              + positional.size()
              + " given)");
    }
    for (String name : named.keySet()) {
      if (!taken.contains(name)) {
        throw PythonError.type(function + "() got an unexpected keyword argument '" + name + "'");
      }
    }
  }
}
