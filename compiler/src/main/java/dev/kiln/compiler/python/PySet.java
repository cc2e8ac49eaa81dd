package dev.kiln.compiler.python;

import java.util.List;

/** A set; it keeps the order of insertion, which Python leaves open. */
public final class PySet {
  private final PyDict items = new PyDict();

  public PySet(Iterable<?> items) {
    items.forEach(this::add);
  }

  /**
   * @throws PythonError if the item cannot be hashed
   */
  public void add(Object item) {
    items.put(item, PyNone.NONE);
  }

  public void remove(Object item) {
    items.remove(item);
  }

  public boolean contains(Object item) {
    return items.containsKey(item);
  }

  public int size() {
    return items.size();
  }

  public List<Object> items() {
    return items.keys();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PySet set
        && size() == set.size()
        && items().stream().allMatch(set::contains);
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
