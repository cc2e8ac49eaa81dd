package dev.kiln.cli;

import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** An array in one line: dtype, shape, the first and last elements. */
final class Preview {
  private static final int SHOWN = 4;

  private Preview() {}

  static String of(NdArray array) {
    int size = Math.toIntExact(array.size());
    IntFunction<String> element = elements(array);
    boolean whole = size <= 2 * SHOWN;
    String text =
        whole
            ? join(element, 0, size)
            : join(element, 0, SHOWN) + ", ..., " + join(element, size - SHOWN, size);
    return array.dtype() + Arrays.toString(array.shape()) + " {" + text + "}";
  }

  /** Text of the element with a number; integers have all their digits. */
  private static IntFunction<String> elements(NdArray array) {
    if (array.dtype().isFloat()) {
      double[] values = array.toDoubles();
      return i -> number(values[i]);
    }
    long[] values = array.toLongs();
    return array.dtype().isUnsigned()
        ? i -> Long.toUnsignedString(values[i])
        : i -> Long.toString(values[i]);
  }

  private static String join(IntFunction<String> element, int from, int to) {
    return IntStream.range(from, to).mapToObj(element).collect(Collectors.joining(", "));
  }

  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : "%.7g".formatted(value);
  }
}
