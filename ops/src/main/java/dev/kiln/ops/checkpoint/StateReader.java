package dev.kiln.ops.checkpoint;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;

/** Gives what a {@link StateWriter} collected, from a file. */
public final class StateReader {
  private final SafetensorsFile file;
  private final JsonNode values;
  private final String prefix;

  StateReader(SafetensorsFile file, JsonNode values, String prefix) {
    this.file = file;
    this.values = values;
    this.prefix = prefix;
  }

  /** A reader of a part. */
  public StateReader in(String part) {
    return new StateReader(file, values, prefix + part + ".");
  }

  /** Whether there is a value of that name. */
  public boolean has(String name) {
    return values.has(prefix + name);
  }

  /** Whether there is an array of that name. */
  public boolean hasArray(String name) {
    return file.names().contains(prefix + name);
  }

  /** Whether nothing was saved in this part. */
  public boolean isEmpty() {
    return arrays().isEmpty() && values().isEmpty();
  }

  /** The names of this part's values, without its prefix. */
  public List<String> values() {
    var names = new ArrayList<String>();
    values
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (name.startsWith(prefix)) {
                names.add(name.substring(prefix.length()));
              }
            });
    return names;
  }

  /** The names of this part's arrays, without its prefix. */
  public List<String> arrays() {
    return file.names().stream()
        .filter(name -> name.startsWith(prefix))
        .map(name -> name.substring(prefix.length()))
        .toList();
  }

  /**
   * Overwrites a contiguous array with the saved one.
   *
   * @throws KilnException if there is none, or dtype or shape differ
   */
  public void array(String name, NdArray target) {
    file.copyTo(prefix + name, target);
  }

  /** A new array with the saved content. */
  public NdArray array(String name, Device device) {
    return file.read(prefix + name, device);
  }

  /** A saved value. */
  public <T> T value(String name, Class<T> type) {
    return convert(name, node -> Safetensors.JSON.convertValue(node, type));
  }

  /** A saved list or map. */
  public <T> T value(String name, TypeReference<T> type) {
    return convert(name, node -> Safetensors.JSON.convertValue(node, type));
  }

  private <T> T convert(String name, java.util.function.Function<JsonNode, T> conversion) {
    JsonNode node = values.get(prefix + name);
    if (node == null) {
      throw new KilnException(file.file() + ": the state has no '" + prefix + name + "'");
    }
    try {
      return conversion.apply(node);
    } catch (IllegalArgumentException e) {
      throw new KilnException(
          file.file() + ": '" + prefix + name + "' is not what it should be: " + node, e);
    }
  }
}
