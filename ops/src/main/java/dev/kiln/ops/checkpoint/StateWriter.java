package dev.kiln.ops.checkpoint;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Collects a state: arrays, and plain values that JSON holds, by names. A part of a state writes
 * under a prefix of its own, see {@link #in}.
 */
public final class StateWriter {
  private final String prefix;
  private final Map<String, NdArray> arrays;
  private final Map<String, Object> values;

  public StateWriter() {
    this("", new LinkedHashMap<>(), new LinkedHashMap<>());
  }

  private StateWriter(String prefix, Map<String, NdArray> arrays, Map<String, Object> values) {
    this.prefix = prefix;
    this.arrays = arrays;
    this.values = values;
  }

  /** A writer of a part. */
  public StateWriter in(String part) {
    return new StateWriter(prefix + part + ".", arrays, values);
  }

  /** Notes an array; it is read when the state is written to a file. */
  public void array(String name, NdArray array) {
    if (arrays.put(prefix + name, array) != null) {
      throw new KilnException("the state has two arrays '" + prefix + name + "'");
    }
  }

  /** Notes a number, text, boolean, list, map or record of these. */
  public void value(String name, Object value) {
    if (values.put(prefix + name, value) != null) {
      throw new KilnException("the state has two values '" + prefix + name + "'");
    }
  }

  Map<String, NdArray> arrays() {
    return arrays;
  }

  Map<String, Object> values() {
    return values;
  }
}
