package dev.kiln.tests.benchmarks.peer;

import dev.kiln.runtime.NdArray;
import java.util.function.Supplier;

/**
 * Two results that have to agree: everywhere {@code |ours - theirs| <= tolerance * max(|theirs|,
 * root mean square of theirs)}.
 *
 * @param name of the result, for messages
 */
record Agreement(String name, Supplier<float[]> ours, Supplier<float[]> theirs, double tolerance) {
  static Agreement of(String name, NdArray ours, Supplier<float[]> theirs, double tolerance) {
    return new Agreement(name, ours::toFloats, theirs, tolerance);
  }

  void require() {
    float[] actual = ours.get();
    float[] expected = theirs.get();
    if (actual.length != expected.length) {
      throw new IllegalStateException(
          "%s has %d elements here and %d there".formatted(name, actual.length, expected.length));
    }
    double squares = 0;
    for (float value : expected) {
      squares += (double) value * value;
    }
    double rootMeanSquare = Math.sqrt(squares / expected.length);
    for (int i = 0; i < expected.length; i++) {
      double allowed = tolerance * Math.max(rootMeanSquare, Math.abs(expected[i]));
      if (!(Math.abs(actual[i] - expected[i]) <= allowed)) {
        throw new IllegalStateException(
            "element %d of %s is %s here and %s there".formatted(i, name, actual[i], expected[i]));
      }
    }
  }
}
