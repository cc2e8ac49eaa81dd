package dev.kiln.cli;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * An array beside what was expected of it. Two numbers agree if {@code |actual - expected| <= atol
 * + rtol |expected|}; NaN agrees with NaN, and an infinity with itself.
 *
 * @param worst indices (row-major) of the elements that differ most, the worst first
 */
record Comparison(
    long[] shape,
    double[] actual,
    double[] expected,
    double rtol,
    double atol,
    int differing,
    List<Integer> worst) {
  private static final int SHOWN = 5;

  static Comparison of(NdArray array, NpyArray file, Double rtol, Double atol) {
    if (!Arrays.equals(array.shape(), file.shape())) {
      throw new KilnException(
          "the shapes differ: %s against %s expected"
              .formatted(Arrays.toString(array.shape()), Arrays.toString(file.shape())));
    }
    double[] actual = array.toDoubles();
    double[] expected = ArrayNumbers.decode(file);
    double relative = rtol != null ? rtol : defaultRelative(array.dtype());
    double absolute = atol != null ? atol : defaultAbsolute(array.dtype());
    List<Integer> differing = new ArrayList<>();
    for (int i = 0; i < actual.length; i++) {
      if (!(excess(actual[i], expected[i], relative, absolute) <= 0)) {
        differing.add(i);
      }
    }
    List<Integer> worst =
        differing.stream()
            .sorted(
                java.util.Comparator.comparingDouble(
                    i -> -excess(actual[i], expected[i], relative, absolute)))
            .limit(SHOWN)
            .toList();
    return new Comparison(
        array.shape(), actual, expected, relative, absolute, differing.size(), worst);
  }

  boolean matches() {
    return differing == 0;
  }

  String describe(String name) {
    if (matches()) {
      return "%s: %d elements agree (rtol %s, atol %s)".formatted(name, actual.length, rtol, atol);
    }
    var text = new StringBuilder();
    text.append(
        "%s: %d of %d elements differ (rtol %s, atol %s)"
            .formatted(name, differing, actual.length, rtol, atol));
    for (int i : worst) {
      text.append(
          "\n  %s%s: %s, expected %s"
              .formatted(name, index(i), Preview.number(actual[i]), Preview.number(expected[i])));
    }
    return text.toString();
  }

  Map<String, Object> toJson(String name) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", name);
    json.put("elements", actual.length);
    json.put("differing", differing);
    json.put("rtol", rtol);
    json.put("atol", atol);
    json.put(
        "worst",
        worst.stream()
            .map(
                i ->
                    Map.of(
                        "index", index(i), "actual", "" + actual[i], "expected", "" + expected[i]))
            .toList());
    return json;
  }

  private String index(int linear) {
    long[] index = new long[shape.length];
    long rest = linear;
    for (int d = shape.length - 1; d >= 0; d--) {
      index[d] = rest % shape[d];
      rest /= shape[d];
    }
    return Arrays.toString(IntStream.range(0, index.length).mapToLong(d -> index[d]).toArray());
  }

  /** By how much a difference exceeds the tolerance; not above 0 if the numbers agree. */
  private static double excess(double actual, double expected, double rtol, double atol) {
    if (actual == expected || Double.isNaN(actual) && Double.isNaN(expected)) {
      return 0;
    }
    double difference = Math.abs(actual - expected);
    return Double.isFinite(difference)
        ? difference - atol - rtol * Math.abs(expected)
        : Double.POSITIVE_INFINITY;
  }

  private static double defaultRelative(DType dtype) {
    return switch (dtype) {
      case FP64 -> 1e-7;
      case FP32 -> 1.3e-6;
      case FP16 -> 1e-3;
      case BF16 -> 1.6e-2;
      default -> dtype.isFloat() ? 0.125 : 0;
    };
  }

  private static double defaultAbsolute(DType dtype) {
    return switch (dtype) {
      case FP64 -> 1e-7;
      default -> dtype.isFloat() ? 1e-5 : 0;
    };
  }
}
