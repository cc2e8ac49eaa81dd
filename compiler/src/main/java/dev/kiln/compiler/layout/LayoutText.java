package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The compact form of a layout: the shape, then the vectors of registers, lanes, warps and, where
 * there are clusters, blocks as coordinates, lowest bit first; {@code *} is the zero vector.
 *
 * <pre>16x8 r(0,1)(8,0) l(0,2)(0,4)(1,0)(2,0)(4,0) w</pre>
 */
public final class LayoutText {
  private LayoutText() {}

  public static String print(LinearLayout layout) {
    var text = new StringBuilder(layout.shape().toString());
    text.append(" r").append(vectors(layout, layout.registers()));
    text.append(" l").append(vectors(layout, layout.lanes()));
    text.append(" w").append(vectors(layout, layout.warps()));
    if (layout.blocks().length > 0) {
      text.append(" b").append(vectors(layout, layout.blocks()));
    }
    return text.toString();
  }

  private static String vectors(LinearLayout layout, int[] vectors) {
    return Arrays.stream(vectors)
        .mapToObj(vector -> vector == 0 ? "*" : coordinates(layout.coordinates(vector)))
        .collect(Collectors.joining());
  }

  private static String coordinates(int[] coordinates) {
    return Arrays.stream(coordinates)
        .mapToObj(Integer::toString)
        .collect(Collectors.joining(",", "(", ")"));
  }

  /**
   * Reads what {@link #print} writes.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static LinearLayout parse(String text) {
    String[] parts = text.trim().split(" +");
    if (parts.length < 4 || parts.length > 5) {
      throw new IllegalArgumentException("not a layout: " + text);
    }
    Shape shape =
        Shape.of(Arrays.stream(parts[0].split("x")).mapToInt(Integer::parseInt).toArray());
    return new LinearLayout(
        shape,
        vectors(shape, parts[1], 'r'),
        vectors(shape, parts[2], 'l'),
        vectors(shape, parts[3], 'w'),
        parts.length == 5 ? vectors(shape, parts[4], 'b') : new int[0]);
  }

  private static int[] vectors(Shape shape, String part, char kind) {
    if (part.charAt(0) != kind) {
      throw new IllegalArgumentException("expected " + kind + ": " + part);
    }
    List<Integer> vectors = new ArrayList<>();
    for (int at = 1; at < part.length(); at++) {
      if (part.charAt(at) == '*') {
        vectors.add(0);
        continue;
      }
      int end = part.indexOf(')', at);
      if (part.charAt(at) != '(' || end < 0) {
        throw new IllegalArgumentException("expected ( or *: " + part.substring(at));
      }
      vectors.add(index(shape, part.substring(at + 1, end).split(",")));
      at = end;
    }
    return vectors.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int index(Shape shape, String[] coordinates) {
    if (coordinates.length != shape.rank()) {
      throw new IllegalArgumentException(String.join(",", coordinates) + " in " + shape);
    }
    int index = 0;
    for (int axis = 0; axis < coordinates.length; axis++) {
      index += Integer.parseInt(coordinates[axis]) << LinearLayout.axisShift(shape, axis);
    }
    return index;
  }
}
