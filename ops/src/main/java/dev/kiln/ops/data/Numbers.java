package dev.kiln.ops.data;

import java.util.regex.Pattern;

/** Numbers in tables: decimal, with a point, perhaps an exponent. */
final class Numbers {
  /** Narrower than {@link Double#parseDouble}, which takes {@code 1d}, {@code 0x1p3} and NaN. */
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

  private Numbers() {}

  static boolean isNumber(String cell) {
    return NUMBER.matcher(cell).matches();
  }
}
