package dev.kiln.cli;

import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** An array in one line: dtype, shape, the first and last elements. */
final class Preview {
  private static final int SHOWN = 4;

  private Preview() {}

  static String of(NdArray array) {
    double[] values = array.toDoubles();
    boolean whole = values.length <= 2 * SHOWN;
    String text =
        whole
            ? join(values, 0, values.length)
            : join(values, 0, SHOWN)
                + ", ..., "
                + join(values, values.length - SHOWN, values.length);
    return array.dtype() + Arrays.toString(array.shape()) + " {" + text + "}";
  }

  private static String join(double[] values, int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> number(values[i]))
        .collect(Collectors.joining(", "));
  }

  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : "%.7g".formatted(value);
  }
}
