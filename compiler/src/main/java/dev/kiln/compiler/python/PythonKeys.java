package dev.kiln.compiler.python;

import java.math.BigDecimal;
import java.util.List;

/** Keys of dicts and sets: a Java object for each value, equal where Python's values are. */
final class PythonKeys {
  private PythonKeys() {}

  /**
   * @throws PythonError if the value cannot be hashed
   */
  static Object of(Object value) {
    return switch (value) {
      case Boolean truth -> truth ? 1L : 0L;
      case Double number when Double.isFinite(number) && number == Math.rint(number) ->
          PythonNumbers.normalised(new BigDecimal(number).toBigInteger());
      case PyTuple tuple -> of(tuple.items());
      case PyList list -> throw unhashable(list);
      case PyDict dict -> throw unhashable(dict);
      case PySet set -> throw unhashable(set);
      default -> value;
    };
  }

  private static List<Object> of(List<Object> items) {
    return items.stream().map(PythonKeys::of).toList();
  }

  private static PythonError unhashable(Object value) {
    return PythonError.type("unhashable type: '" + PythonText.typeName(value) + "'");
  }
}
