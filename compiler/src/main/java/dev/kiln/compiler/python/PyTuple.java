package dev.kiln.compiler.python;

import java.util.List;
import java.util.Optional;

/**
 * A tuple.
 *
 * @param fieldNames names of all items, for a named tuple
 */
public record PyTuple(List<Object> items, Optional<List<String>> fieldNames) {
  public static final PyTuple EMPTY = new PyTuple(List.of());

  public PyTuple {
    items = List.copyOf(items);
    fieldNames = fieldNames.map(List::copyOf);
    if (fieldNames.isPresent() && fieldNames.get().size() != items.size()) {
      throw new IllegalArgumentException(
          fieldNames.get().size() + " names for " + items.size() + " items");
    }
  }

  public PyTuple(List<?> items) {
    this(List.copyOf(items), Optional.empty());
  }

  public static PyTuple of(Object... items) {
    return new PyTuple(List.of(items));
  }

  /** The item of that name, if this is a named tuple that has one. */
  public Optional<Object> field(String name) {
    return fieldNames.map(names -> names.indexOf(name)).filter(at -> at >= 0).map(items::get);
  }

  @Override
  public String toString() {
    return PythonText.repr(this);
  }
}
