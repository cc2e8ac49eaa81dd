package dev.kiln.compiler.python;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A dict: in the order of insertion, its keys equal as Python's are ({@code 1 == 1.0 == True}). */
public final class PyDict {
  /** A key as it was first given, and its value. */
  public record Entry(Object key, Object value) {}

  private final Map<Object, Entry> entries = new LinkedHashMap<>();

  public PyDict() {}

  public PyDict(Map<?, ?> values) {
    values.forEach(this::put);
  }

  /**
   * @throws PythonError if the key cannot be hashed
   */
  public void put(Object key, Object value) {
    entries.compute(
        PythonKeys.of(key), (canonical, old) -> new Entry(old == null ? key : old.key(), value));
  }

  public void putAll(PyDict other) {
    other.entries.values().forEach(entry -> put(entry.key(), entry.value()));
  }

  public Optional<Object> get(Object key) {
    return Optional.ofNullable(entries.get(PythonKeys.of(key))).map(Entry::value);
  }

  public boolean containsKey(Object key) {
    return entries.containsKey(PythonKeys.of(key));
  }

  public Optional<Object> remove(Object key) {
    return Optional.ofNullable(entries.remove(PythonKeys.of(key))).map(Entry::value);
  }

  public void clear() {
    entries.clear();
  }

  public int size() {
    return entries.size();
  }

  public List<Entry> entries() {
    return List.copyOf(entries.values());
  }

  public List<Object> keys() {
    return entries.values().stream().map(Entry::key).toList();
  }

  public List<Object> values() {
    return entries.values().stream().map(Entry::value).toList();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PyDict dict && PythonOperators.equal(this, dict);
  }

  @Override
  public int hashCode() {
    return entries.keySet().hashCode();
  }

  @Override
  public String toString() {
    return PythonText.repr(this);
  }
}
