package dev.kiln.compiler.numeric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;
import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FloatMathTest {
  @ParameterizedTest
  @CsvSource({
    "MIN,NaN,1,1",
    "MIN,1,NaN,1",
    "MIN,0.0,-0.0,-0.0",
    "MAX,-0.0,0.0,0.0",
    "MAX,NaN,-Infinity,-Infinity",
    "MAX,NaN,NaN,NaN",
    "MINNAN,NaN,1,NaN",
    "MINNAN,-0.0,0.0,-0.0",
    "MAXNAN,1,NaN,NaN",
    "MAXNAN,0.0,-0.0,0.0",
    "REM,-7,3,-1",
    "REM,7,-3,1",
    "REM,-6,3,-0.0",
    "REM,1,0,NaN",
    "REM,1,Infinity,1",
    "DIV,1,-0.0,-Infinity",
    "DIV,0,0,NaN",
    "ADD,Infinity,-Infinity,NaN",
    "ADD,-0.0,-0.0,-0.0",
    "SUB,0.0,0.0,0.0",
  })
  void specialValues(BinaryKind kind, double left, double right, double expected) {
    for (DType dtype : new DType[] {DType.FP16, DType.BF16, DType.FP32, DType.FP64}) {
      assertThat((Object) FloatMath.apply(kind, dtype, left, right)).isEqualTo(expected);
    }
  }

  @Test
  void overflowFollowsTheType() {
    assertThat(FloatMath.apply(BinaryKind.MUL, DType.FP16, 256, 256)).isInfinite();
    assertThat(FloatMath.apply(BinaryKind.ADD, DType.FP32, Float.MAX_VALUE, Float.MAX_VALUE))
        .isInfinite();
    assertThat(FloatMath.apply(BinaryKind.ADD, DType.BF16, 256, 1)).isEqualTo(256);
    assertThat(FloatMath.apply(BinaryKind.ADD, DType.FP8E4NV, 448, 448)).isEqualTo(448);
  }

  @Test
  void fp32AgreesWithJava() {
    var random = new SplittableRandom(5);
    for (int i = 0; i < 100_000; i++) {
      float a = Float.intBitsToFloat(random.nextInt());
      float b = Float.intBitsToFloat(random.nextInt());
      same(FloatMath.apply(BinaryKind.ADD, DType.FP32, a, b), a + b);
      same(FloatMath.apply(BinaryKind.MUL, DType.FP32, a, b), a * b);
      same(FloatMath.apply(BinaryKind.DIV, DType.FP32, a, b), a / b);
      same(FloatMath.apply(BinaryKind.REM, DType.FP32, a, b), a % b);
    }
  }

  private static void same(double actual, float expected) {
    assertThat(Double.compare(actual, expected)).isZero();
  }

  /** Products and sums that lie just beside the middle of two numbers of the type. */
  @ParameterizedTest
  @EnumSource(names = {"FP16", "BF16", "FP32", "FP8E5"})
  void fusedMultiplyAddRoundsOnce(DType dtype) {
    var random = new SplittableRandom(11);
    int tested = 0;
    while (tested < 3000) {
      double a = random(dtype, random);
      double b = random(dtype, random);
      double c = random(dtype, random);
      BigDecimal exact = new BigDecimal(a).multiply(new BigDecimal(b)).add(new BigDecimal(c));
      double result = FloatMath.fma(dtype, a, b, c);
      if (Double.isInfinite(result)) {
        continue;
      }
      tested++;
      BigDecimal error = new BigDecimal(result).subtract(exact).abs();
      for (double other : neighbours(dtype, result)) {
        if (Double.isInfinite(other)) {
          continue;
        }
        int compared = error.compareTo(new BigDecimal(other).subtract(exact).abs());
        boolean isEven = (FloatFormat.toBits(dtype, result) & 1) == 0;
        assertThat(compared < 0 || (compared == 0 && isEven))
            .as("%s: %s * %s + %s = %s", dtype, a, b, c, result)
            .isTrue();
      }
    }
  }

  private static double random(DType dtype, SplittableRandom random) {
    double value;
    do {
      value = FloatFormat.fromBits(dtype, random.nextLong() & ((1L << dtype.bits()) - 1));
    } while (!Double.isFinite(value) || Math.abs(value) > 1e6);
    return value;
  }

  private static double[] neighbours(DType dtype, double value) {
    if (value == 0) {
      double least = FloatFormat.fromBits(dtype, 1);
      return new double[] {least, -least};
    }
    long bits = FloatFormat.toBits(dtype, value);
    return new double[] {
      FloatFormat.fromBits(dtype, bits + 1), FloatFormat.fromBits(dtype, bits - 1)
    };
  }

  @ParameterizedTest
  @CsvSource({
    "FLOOR,-0.5,-1",
    "CEIL,-0.5,-0.0",
    "TRUNC,-1.5,-1",
    "TRUNC,1.5,1",
    "TRUNC,-0.5,-0.0",
    "TRUNC,NaN,NaN",
    "RINT,2.5,2",
    "RINT,3.5,4",
    "RINT,-0.5,-0.0",
    "SQRT,-1,NaN",
    "SQRT,-0.0,-0.0",
    "RSQRT,0.0,Infinity",
    "RSQRT,4,0.5",
    "RSQRT,Infinity,0",
    "EXP,-Infinity,0",
    "EXP,1000,Infinity",
    "EXP2,10,1024",
    "LOG,0,-Infinity",
    "LOG,-1,NaN",
    "LOG2,8,3",
    "LOG2,0.125,-3",
    "SIN,Infinity,NaN",
    "COS,0,1",
    "TANH,100,1",
    "TANH,-0.0,-0.0",
    "ERF,10,1",
    "ERF,-Infinity,-1",
    "ERF,-0.0,-0.0",
    "NEG,0.0,-0.0",
    "ABS,-0.0,0.0",
  })
  void unarySpecialValues(UnaryKind kind, double value, double expected) {
    assertThat((Object) FloatMath.apply(kind, DType.FP32, value)).isEqualTo(expected);
    if (kind != UnaryKind.EXP || value != 1000) {
      assertThat((Object) FloatMath.apply(kind, DType.FP64, value)).isEqualTo(expected);
    }
  }

  @Test
  void comparisonsWithNan() {
    for (CompareKind kind : CompareKind.values()) {
      if (!kind.name().startsWith("U")) {
        assertThat(FloatMath.compare(kind, Double.NaN, 1)).isEqualTo(kind == CompareKind.NE);
      }
    }
    assertThat(FloatMath.compare(CompareKind.EQ, -0.0, 0.0)).isTrue();
    assertThatThrownBy(() -> FloatMath.compare(CompareKind.ULT, 1, 2))
        .hasMessage("ult applies to integers only");
    assertThatThrownBy(() -> FloatMath.apply(BinaryKind.XOR, DType.FP32, 1, 2))
        .hasMessage("xor applies to integers only");
  }
}
