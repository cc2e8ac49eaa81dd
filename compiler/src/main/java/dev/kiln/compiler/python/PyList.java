package dev.kiln.compiler.python;

import java.util.ArrayList;
import java.util.List;

/** A list; it can be changed. */
public final class PyList {
  private final List<Object> items;

  public PyList(List<?> items) {
    this.items = new ArrayList<>(items);
  }

  public static PyList of(Object... items) {
    return new PyList(List.of(items));
  }

  /** The items themselves, not a copy. */
  public List<Object> items() {
    return items;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PyList list && items.equals(list.items);
  }

  @Override
  public int hashCode() {
    return items.hashCode();
  }

  @Override
  public String toString() {
    return PythonText.repr(this);
  }
}
