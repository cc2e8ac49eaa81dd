package dev.kiln.compiler.python;

import java.util.Map;
import java.util.Optional;

/** Gives names their values. */
@FunctionalInterface
public interface Environment {
  /** The value of a name, or empty where it has none. */
  Optional<Object> lookup(String name);

  /** An environment that reads a map, as it is at each look-up. */
  static Environment of(Map<String, ?> values) {
    return name -> Optional.ofNullable(values.get(name));
  }

  /** This environment, and where it has no value the outer one. */
  default Environment within(Environment outer) {
    return name -> {
      var value = lookup(name);
      return value.isPresent() ? value : outer.lookup(name);
    };
  }
}
