package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.numeric.FloatMath;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The approximate functions of fp32 against double precision, within the bounds that docs state.
 */
class ApproximateElementsTest {
  private static final List<UnaryKind> KINDS =
      List.of(UnaryKind.values()).stream().filter(UnaryKind::isApproximate).toList();
  private static final int CHUNK = 1 << 20;

  /** In units in the last place. Those of the instructions are the simulator's own. */
  private static double bound(UnaryKind kind) {
    return switch (kind) {
      case EXP2 -> 2;
      case EXP -> 3;
      case RSQRT -> 2.2;
      case LOG -> 1.1;
      case LOG2, SIN, COS -> 1.9;
      case TANH -> 2.5;
      case ERF -> 2;
      default -> 0;
    };
  }

  private static ElementRun run() {
    List<ElementwiseOp> ops =
        KINDS.stream().map(kind -> ElementKernel.unary(kind, DType.FP32)).toList();
    return new ElementRun(new ElementKernel(ops), Target.SM_80);
  }

  @ParameterizedTest
  @EnumSource(
      value = UnaryKind.class,
      names = {"EXP2", "EXP", "RSQRT", "LOG", "LOG2", "SIN", "COS", "TANH", "ERF"})
  void isWithinItsBound(UnaryKind kind) {
    var source = new SplittableRandom(7);
    long[] values =
        LongStream.concat(
                LongStream.of(ElementValues.of(DType.FP32, 1000)),
                IntStream.range(0, 200_000)
                    .mapToLong(
                        i ->
                            i % 2 == 0
                                ? source.nextInt() & 0xffff_ffffL
                                : Float.floatToRawIntBits((float) usual(source)) & 0xffff_ffffL))
            .toArray();
    try (var run =
        new ElementRun(
            new ElementKernel(List.of(ElementKernel.unary(kind, DType.FP32))), Target.SM_80)) {
      check(kind, values, run.apply(values).getFirst());
    }
  }

  private static double usual(SplittableRandom source) {
    double scale = Math.scalb(1.0, source.nextInt(-4, 8));
    return source.nextInt(4) == 0
        ? 1 + source.nextDouble(-1, 1) / scale / 4
        : source.nextDouble(-1, 1) * scale;
  }

  @Tag("slow")
  @ParameterizedTest
  @EnumSource(
      value = UnaryKind.class,
      names = {"EXP2", "EXP", "RSQRT", "LOG", "LOG2", "SIN", "COS", "TANH", "ERF"})
  void isWithinItsBoundOnOneArgumentIn61(UnaryKind kind) {
    isWithinItsBound(kind, 61);
  }

  /** Some ten minutes for each function. */
  @Tag("exhaustive")
  @ParameterizedTest
  @EnumSource(
      value = UnaryKind.class,
      names = {"EXP2", "EXP", "RSQRT", "LOG", "LOG2", "SIN", "COS", "TANH", "ERF"})
  void isWithinItsBoundOnAllArguments(UnaryKind kind) {
    isWithinItsBound(kind, 1);
  }

  private static void isWithinItsBound(UnaryKind kind, long step) {
    try (var run =
        new ElementRun(
            new ElementKernel(List.of(ElementKernel.unary(kind, DType.FP32))), Target.SM_80)) {
      for (long start = 0; start < 1L << 32; start += CHUNK * step) {
        long first = start;
        long[] values =
            LongStream.range(0, CHUNK)
                .map(i -> first + i * step)
                .filter(bits -> bits < 1L << 32)
                .toArray();
        check(kind, values, run.apply(values).getFirst());
      }
    }
  }

  private static void check(UnaryKind kind, long[] arguments, long[] results) {
    double worst = 0;
    float at = 0;
    for (int i = 0; i < arguments.length; i++) {
      float x = Float.intBitsToFloat((int) arguments[i]);
      float actual = Float.intBitsToFloat((int) results[i]);
      double error = error(actual, FloatMath.apply(kind, DType.FP64, x));
      if (!(error <= worst)) {
        worst = error;
        at = x;
      }
    }
    if (Boolean.getBoolean("kiln.report")) {
      System.out.printf("%s: %.3f at %s%n", kind, worst, at);
    }
    assertThat(worst)
        .as("units in the last place, %s of %s", kind.mnemonic(), at)
        .isLessThanOrEqualTo(bound(kind));
  }

  /** In units in the last place of the result; specials must be equal, signs of zeros too. */
  private static double error(float actual, double exact) {
    float rounded = (float) exact;
    if (Float.compare(actual, rounded) == 0) {
      return Math.abs(Float.isFinite(rounded) ? (actual - exact) / Math.ulp(rounded) : 0);
    }
    if (!Float.isFinite(rounded) || !Float.isFinite(actual)) {
      return Double.POSITIVE_INFINITY;
    }
    return actual == 0 && rounded == 0
        ? Double.POSITIVE_INFINITY
        : Math.abs((actual - exact) / Math.ulp(rounded));
  }
}
