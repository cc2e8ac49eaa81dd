package dev.kiln.ops.profile;

import dev.kiln.runtime.KilnException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The sizes of a call, each with its name: {@code m=512, n=512, k=64}.
 *
 * @param values by name, in the operation's order
 */
public record Sizes(Map<String, Integer> values) {
  public Sizes {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /**
   * Reads {@code 1024x4096}, or {@code rows=1024,columns=4096} in any order.
   *
   * @throws KilnException if there are not as many numbers as names, or one is not above 0
   */
  public static Sizes parse(List<String> names, String text) {
    String[] parts = text.split("[x,]", -1);
    Map<String, String> given = new LinkedHashMap<>();
    for (int i = 0; i < parts.length; i++) {
      int equals = parts[i].indexOf('=');
      String name =
          equals >= 0 ? parts[i].substring(0, equals) : i < names.size() ? names.get(i) : "";
      if (!names.contains(name) || given.put(name, parts[i].substring(equals + 1)) != null) {
        throw wrong(names, text);
      }
    }
    Map<String, Integer> values = new LinkedHashMap<>();
    for (String name : names) {
      values.put(name, number(names, text, given.get(name)));
    }
    return new Sizes(values);
  }

  private static int number(List<String> names, String text, String part) {
    if (part == null || !part.matches("0*[1-9]\\d{0,8}")) {
      throw wrong(names, text);
    }
    return Integer.parseInt(part);
  }

  private static KilnException wrong(List<String> names, String text) {
    return new KilnException(
        "'%s' is no shape; write %s: %d numbers above 0"
            .formatted(text, String.join("x", names), names.size()));
  }

  /** The size of a name. */
  public int of(String name) {
    Integer value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "there is no size '" + name + "' among " + values.keySet());
    }
    return value;
  }

  /** The product of some sizes; 1 of none. */
  public long product(String... names) {
    long product = 1;
    for (String name : names) {
      product = Math.multiplyExact(product, of(name));
    }
    return product;
  }

  /**
   * Sizes as a shape.
   *
   * @param axes each a name, a number, or both: {@code 4*hidden}, {@code size/2}, {@code size+1}
   */
  public long[] shape(List<String> axes) {
    return axes.stream().mapToLong(this::extent).toArray();
  }

  private long extent(String axis) {
    int times = axis.indexOf('*');
    int over = axis.indexOf('/');
    if (times > 0) {
      return Long.parseLong(axis.substring(0, times)) * of(axis.substring(times + 1));
    }
    if (over > 0) {
      return of(axis.substring(0, over)) / Long.parseLong(axis.substring(over + 1));
    }
    int plus = axis.indexOf('+');
    if (plus > 0) {
      return of(axis.substring(0, plus)) + Long.parseLong(axis.substring(plus + 1));
    }
    return Character.isDigit(axis.charAt(0)) ? Long.parseLong(axis) : of(axis);
  }

  /** {@code 1024x4096}. */
  @Override
  public String toString() {
    return values.values().stream().map(String::valueOf).collect(Collectors.joining("x"));
  }
}
