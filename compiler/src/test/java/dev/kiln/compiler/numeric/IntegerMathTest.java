package dev.kiln.compiler.numeric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;
import java.math.BigInteger;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class IntegerMathTest {
  /** What stays open in C. */
  @ParameterizedTest
  @CsvSource({
    "DIVS,I32,7,0,-1",
    "DIVS,I32,-2147483648,-1,-2147483648",
    "DIVS,I8,-128,-1,-128",
    "DIVS,I64,-9223372036854775808,-1,-9223372036854775808",
    "DIVS,I32,-7,2,-3",
    "DIVU,I32,7,0,-1",
    "DIVU,I32,-1,2,2147483647",
    "DIVU,I8,-1,2,127",
    "DIVU,I1,1,0,1",
    "REMS,I32,7,0,7",
    "REMS,I32,-2147483648,-1,0",
    "REMS,I32,-7,3,-1",
    "REMU,I16,-1,10,5",
    "REMU,I64,-1,0,-1",
    "SHL,I32,1,31,-2147483648",
    "SHL,I32,1,32,0",
    "SHL,I32,1,-1,0",
    "SHL,I8,1,8,0",
    "SHL,I8,1,7,-128",
    "SHL,I64,1,64,0",
    "SHRS,I32,-8,1,-4",
    "SHRS,I32,-8,32,-1",
    "SHRS,I32,8,-1,0",
    "SHRU,I32,-1,31,1",
    "SHRU,I32,-1,32,0",
    "SHRU,I16,-1,8,255",
    "SHRU,I8,-128,1,64",
    "MINS,I8,-128,127,-128",
    "MINU,I8,-128,127,127",
    "MAXU,I64,-1,1,-1",
    "MAXS,I64,-1,1,1",
    "MULHU,I32,-1,-1,-2",
    "MULHS,I32,-1,-1,0",
    "MULHU,I64,-1,-1,-2",
    "MULHS,I64,-9223372036854775808,2,-1",
    "ADD,I8,127,1,-128",
    "ADD,I1,1,1,0",
    "SUB,I16,-32768,1,32767",
    "MUL,I32,65536,65536,0",
  })
  void binaryOperationsAreDefinedEverywhere(
      BinaryKind kind, DType dtype, long left, long right, long expected) {
    assertThat(IntegerMath.apply(kind, dtype, left, right)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "NEG,I32,-2147483648,-2147483648",
    "NEG,I8,1,-1",
    "ABS,I8,-128,-128",
    "ABS,I32,-5,5",
    "NOT,I1,1,0",
    "NOT,I16,0,-1",
    "CLZ,I32,0,32",
    "CLZ,I32,-1,0",
    "CLZ,I32,1,31",
    "CLZ,I64,1,63",
    "POPC,I32,-1,32",
    "POPC,I64,-1,64",
    "BREV,I32,1,-2147483648",
    "BREV,I32,6,1610612736",
    "BREV,I64,1,-9223372036854775808",
  })
  void unaryOperations(UnaryKind kind, DType dtype, long value, long expected) {
    assertThat(IntegerMath.apply(kind, dtype, value)).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource(names = {"I8", "I16", "I32", "I64"})
  void agreesWithBigIntegers(DType dtype) {
    var random = new SplittableRandom(dtype.bits());
    BigInteger modulus = BigInteger.ONE.shiftLeft(dtype.bits());
    for (int i = 0; i < 2000; i++) {
      long a = IntegerMath.wrap(dtype, random.nextLong() >> random.nextInt(64));
      long b = IntegerMath.wrap(dtype, random.nextLong() >> random.nextInt(64));
      BigInteger x = BigInteger.valueOf(a);
      BigInteger y = BigInteger.valueOf(b);
      BigInteger ux = x.mod(modulus);
      BigInteger uy = y.mod(modulus);
      check(dtype, BinaryKind.ADD, a, b, x.add(y));
      check(dtype, BinaryKind.SUB, a, b, x.subtract(y));
      check(dtype, BinaryKind.MUL, a, b, x.multiply(y));
      check(dtype, BinaryKind.MINU, a, b, ux.min(uy));
      check(dtype, BinaryKind.MAXU, a, b, ux.max(uy));
      check(dtype, BinaryKind.MULHU, a, b, ux.multiply(uy).shiftRight(dtype.bits()));
      check(dtype, BinaryKind.MULHS, a, b, x.multiply(y).shiftRight(dtype.bits()));
      if (b != 0) {
        check(dtype, BinaryKind.DIVS, a, b, x.divide(y));
        check(dtype, BinaryKind.REMS, a, b, x.remainder(y));
        check(dtype, BinaryKind.DIVU, a, b, ux.divide(uy));
        check(dtype, BinaryKind.REMU, a, b, ux.remainder(uy));
      }
      assertThat(IntegerMath.compare(CompareKind.LT, dtype, a, b)).isEqualTo(x.compareTo(y) < 0);
      assertThat(IntegerMath.compare(CompareKind.GE, dtype, a, b)).isEqualTo(x.compareTo(y) >= 0);
      assertThat(IntegerMath.compare(CompareKind.ULE, dtype, a, b))
          .isEqualTo(ux.compareTo(uy) <= 0);
      assertThat(IntegerMath.compare(CompareKind.UGT, dtype, a, b)).isEqualTo(ux.compareTo(uy) > 0);
      assertThat(IntegerMath.compare(CompareKind.EQ, dtype, a, b)).isEqualTo(a == b);
    }
  }

  private static void check(DType dtype, BinaryKind kind, long a, long b, BigInteger expected) {
    assertThat(IntegerMath.apply(kind, dtype, a, b))
        .as("%s %s %d %d", kind, dtype, a, b)
        .isEqualTo(IntegerMath.wrap(dtype, expected.longValue()));
  }

  @Test
  void trueIsMinusOneToSignedComparisons() {
    assertThat(IntegerMath.compare(CompareKind.LT, DType.I1, 1, 0)).isTrue();
    assertThat(IntegerMath.compare(CompareKind.ULT, DType.I1, 1, 0)).isFalse();
  }

  @Test
  void floatOperationsAreRefused() {
    assertThatThrownBy(() -> IntegerMath.apply(BinaryKind.DIV, DType.I32, 1, 1))
        .hasMessage("div applies to floats only");
    assertThatThrownBy(() -> IntegerMath.apply(UnaryKind.EXP, DType.I32, 1))
        .hasMessage("exp applies to floats only");
  }
}
