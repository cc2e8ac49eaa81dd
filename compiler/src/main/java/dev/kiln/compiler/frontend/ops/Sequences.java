package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import java.util.List;
import java.util.Optional;

/** Tuples and lists, of run-time values or of constants. */
final class Sequences {
  private Sequences() {}

  /** The elements of a tuple or list. */
  static Optional<List<FrontValue>> items(FrontValue value) {
    return switch (value) {
      case TupleValue tuple -> Optional.of(tuple.items());
      case Constexpr constant ->
          PythonValues.sequence(constant.value())
              .map(items -> items.stream().map(Sequences::constant).toList());
      default -> Optional.empty();
    };
  }

  static boolean isSequence(FrontValue value) {
    return items(value).isPresent();
  }

  /** A tuple of integers, as {@code x.shape} gives it. */
  static TupleValue ofIntegers(int... values) {
    return new TupleValue(
        java.util.Arrays.stream(values)
            .<FrontValue>mapToObj(value -> new Constexpr((long) value))
            .toList());
  }

  /** A Python value as a value of the front end. */
  static FrontValue constant(Object value) {
    return value instanceof FrontValue front ? front : new Constexpr(value);
  }
}
