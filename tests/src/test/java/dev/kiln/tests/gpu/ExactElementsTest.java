package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.numeric.Conversions;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.FloatMath;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Elementwise operations that are exact or rounded once: bit for bit what the evaluator has. */
class ExactElementsTest {
  /** On sm_90a only what is done in other ways there. */
  static Stream<Arguments> targetsAndTypes() {
    Stream<DType> narrow =
        ElementOps.types(Target.SM_90A).filter(dtype -> dtype.isFloat() && dtype.bits() <= 16);
    return Stream.concat(
        ElementOps.types(Target.SM_80).map(dtype -> Arguments.of(Target.SM_80, dtype)),
        narrow.map(dtype -> Arguments.of(Target.SM_90A, dtype)));
  }

  @ParameterizedTest
  @MethodSource("targetsAndTypes")
  void binary(Target target, DType dtype) {
    long[] values = ElementValues.few(dtype);
    check(
        target, ElementOps.binary(dtype), ElementValues.left(values), ElementValues.right(values));
  }

  @ParameterizedTest
  @MethodSource("targetsAndTypes")
  void unary(Target target, DType dtype) {
    check(target, ElementOps.exactUnary(dtype), ElementValues.of(dtype, 3000));
  }

  @ParameterizedTest
  @MethodSource("targetsAndTypes")
  void compare(Target target, DType dtype) {
    long[] values = ElementValues.few(dtype);
    check(
        target,
        ElementOps.comparisons(dtype),
        ElementValues.left(values),
        ElementValues.right(values));
  }

  @ParameterizedTest
  @MethodSource("targetsAndTypes")
  void select(Target target, DType dtype) {
    long[] values = ElementValues.few(dtype);
    long[] conditions = new long[values.length * values.length];
    for (int i = 0; i < conditions.length; i++) {
      conditions[i] = (i * 7 / 3) & 1;
    }
    check(
        target,
        List.of(ElementKernel.select(dtype)),
        conditions,
        ElementValues.left(values),
        ElementValues.right(values));
  }

  @ParameterizedTest
  @MethodSource("targetsAndTypes")
  void fma(Target target, DType dtype) {
    if (dtype.isInteger()) {
      return;
    }
    long[] values = ElementValues.few(dtype);
    long[] left = ElementValues.left(values);
    long[] right = ElementValues.right(values);
    long[] addends = new long[left.length];
    for (int i = 0; i < addends.length; i++) {
      addends[i] = values[(i * 31 + i / values.length) % values.length];
    }
    check(target, List.of(ElementKernel.fma(dtype)), left, right, addends);
  }

  @ParameterizedTest
  @MethodSource("targetsAndTypes")
  void casts(Target target, DType from) {
    check(target, ElementOps.casts(target, from), ElementValues.of(from, 5000));
  }

  private static void check(Target target, List<ElementwiseOp> ops, long[]... inputs) {
    List<long[]> results;
    try (var run = new ElementRun(new ElementKernel(ops), target)) {
      results = run.apply(inputs);
    }
    for (int i = 0; i < ops.size(); i++) {
      ElementwiseOp op = ops.get(i);
      DType dtype = op.result().dtype();
      int wrong = 0;
      StringBuilder text = new StringBuilder();
      for (int j = 0; j < inputs[0].length; j++) {
        long[] operands = new long[inputs.length];
        for (int k = 0; k < operands.length; k++) {
          operands[k] = inputs[k][j];
        }
        long expected = expected(op, operands);
        long actual = results.get(i)[j];
        if (expected != actual && !(isNan(dtype, expected) && isNan(dtype, actual))) {
          if (wrong++ < 5) {
            text.append(describe(op, operands, expected, actual));
          }
        }
      }
      assertThat(text.toString())
          .as("%s %s on %s: %d wrong", op.mnemonic(), dtype, target, wrong)
          .isEmpty();
    }
  }

  private static String describe(ElementwiseOp op, long[] operands, long expected, long actual) {
    var text = new StringBuilder("\n");
    for (int k = 0; k < operands.length; k++) {
      text.append(show(op.operands().get(k).dtype(), operands[k])).append(' ');
    }
    DType dtype = op.result().dtype();
    return text.append("-> ")
        .append(show(dtype, actual))
        .append(", not ")
        .append(show(dtype, expected))
        .toString();
  }

  private static String show(DType dtype, long bits) {
    return dtype.isFloat()
        ? "%s (%x)".formatted(FloatFormat.fromBits(dtype, bits), bits)
        : Long.toString(bits);
  }

  private static boolean isNan(DType dtype, long bits) {
    return dtype.isFloat() && Double.isNaN(FloatFormat.fromBits(dtype, bits));
  }

  private static long expected(ElementwiseOp op, long[] operands) {
    DType from = op.operands().getLast().dtype();
    DType to = op.result().dtype();
    Function<Integer, Double> number =
        k -> FloatFormat.fromBits(op.operands().get(k).dtype(), operands[k]);
    return switch (op) {
      case ElementwiseOp.Unary unary ->
          from.isFloat()
              ? FloatFormat.toBits(to, FloatMath.apply(unary.kind(), from, number.apply(0)))
              : IntegerMath.apply(unary.kind(), from, operands[0]);
      case ElementwiseOp.Binary binary ->
          from.isFloat()
              ? FloatFormat.toBits(
                  to, FloatMath.apply(binary.kind(), from, number.apply(0), number.apply(1)))
              : IntegerMath.apply(binary.kind(), from, operands[0], operands[1]);
      case ElementwiseOp.Compare compare ->
          (from.isFloat()
                  ? FloatMath.compare(compare.kind(), number.apply(0), number.apply(1))
                  : IntegerMath.compare(compare.kind(), from, operands[0], operands[1]))
              ? 1
              : 0;
      case ElementwiseOp.Fma fma ->
          FloatFormat.toBits(
              to, FloatMath.fma(to, number.apply(0), number.apply(1), number.apply(2)));
      case ElementwiseOp.Select select -> operands[0] != 0 ? operands[1] : operands[2];
      case ElementwiseOp.Cast cast -> cast(cast.kind(), from, to, operands[0]);
      default -> throw new IllegalArgumentException(op.mnemonic());
    };
  }

  private static long cast(CastKind kind, DType from, DType to, long bits) {
    if (from.isInteger()) {
      return to.isInteger()
          ? Conversions.integerToInteger(kind, from, to, bits)
          : FloatFormat.toBits(to, Conversions.integerToFloat(kind, from, to, bits));
    }
    double value = FloatFormat.fromBits(from, bits);
    return to.isInteger()
        ? Conversions.floatToInteger(kind, from, to, value)
        : FloatFormat.toBits(to, Conversions.floatToFloat(kind, from, to, value));
  }
}
