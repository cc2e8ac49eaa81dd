package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.Value;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A number for every value of a function: where a {@link Program} keeps it. */
final class Slots {
  /** The slot of an operand that is absent. */
  static final int ABSENT = -1;

  private final Map<Value, Integer> numbers = new HashMap<>();

  int of(Value value) {
    return numbers.computeIfAbsent(value, v -> numbers.size());
  }

  int of(Optional<Value> value) {
    return value.map(this::of).orElse(ABSENT);
  }

  int[] of(List<Value> values) {
    return values.stream().mapToInt(this::of).toArray();
  }

  int count() {
    return numbers.size();
  }
}
