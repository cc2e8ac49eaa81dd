package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.numeric.FloatMath;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The approximate functions of fp64 against the evaluator's. */
class WideElementsTest {
  private static final int COUNT = 40_000;

  /**
   * Where both come from fdlibm, bits are equal; elsewhere both are within one unit.
   *
   * @param most units in the last place between the two
   */
  @ParameterizedTest
  @CsvSource({
    "EXP, 0",
    "EXP2, 0",
    "LOG, 0",
    "LOG2, 0",
    "SIN, 1",
    "COS, 1",
    "TANH, 0",
    "ERF, 0",
    "RSQRT, 0"
  })
  void isThatOfTheEvaluator(UnaryKind kind, double most) {
    long[] arguments = arguments();
    long[] results;
    try (var run =
        new ElementRun(
            new ElementKernel(List.of(ElementKernel.unary(kind, DType.FP64))), Target.SM_80)) {
      results = run.apply(arguments).getFirst();
    }
    double worst = 0;
    double at = 0;
    for (int i = 0; i < arguments.length; i++) {
      double x = Double.longBitsToDouble(arguments[i]);
      double expected = FloatMath.apply(kind, DType.FP64, x);
      double error = difference(Double.longBitsToDouble(results[i]), expected);
      if (!(error <= worst)) {
        worst = error;
        at = x;
      }
    }
    if (Boolean.getBoolean("kiln.report")) {
      System.out.printf("%s of fp64: %.1f at %s%n", kind, worst, at);
    }
    assertThat(worst)
        .as("units in the last place, %s of %s", kind.mnemonic(), at)
        .isLessThanOrEqualTo(most);
  }

  private static double difference(double actual, double expected) {
    if (Double.compare(actual, expected) == 0) {
      return 0;
    }
    boolean comparable = Double.isFinite(expected) && Double.isFinite(actual);
    return comparable && (expected != 0 || actual != 0)
        ? Math.abs(actual - expected) / Math.ulp(expected)
        : Double.POSITIVE_INFINITY;
  }

  private static long[] arguments() {
    var source = new SplittableRandom(11);
    return LongStream.concat(
            LongStream.of(ElementValues.of(DType.FP64, 1000)),
            IntStream.range(0, COUNT).mapToLong(i -> argument(source, i)))
        .toArray();
  }

  private static long argument(SplittableRandom source, int i) {
    double unit = source.nextDouble(-1, 1);
    return switch (i % 4) {
      case 0 -> source.nextLong();
      case 1 -> Double.doubleToRawLongBits(Math.scalb(unit, source.nextInt(-10, 11)));
      case 2 -> Double.doubleToRawLongBits(1 + Math.scalb(unit, source.nextInt(-40, 0)));
      // Close to multiples of pi/2.
      default ->
          Double.doubleToRawLongBits(
              source.nextInt(1 << source.nextInt(1, 24)) * (Math.PI / 2)
                  + Math.scalb(unit, source.nextInt(-60, 0)));
    };
  }
}
