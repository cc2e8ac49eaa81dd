package dev.kiln.compiler.numeric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.MathContext;
import org.junit.jupiter.api.Test;

class SpecialFunctionsTest {
  private static final MathContext PRECISE = new MathContext(60);
  private static final BigDecimal PI =
      new BigDecimal("3.14159265358979323846264338327950288419716939937510582097494459");

  /** The alternating series, with digits enough to survive its cancellation. */
  private static double erfReference(double x) {
    var exact = new BigDecimal(x);
    BigDecimal square = exact.multiply(exact).negate();
    BigDecimal power = exact;
    BigDecimal sum = exact;
    for (int n = 1; n < 250; n++) {
      power = power.multiply(square, PRECISE).divide(BigDecimal.valueOf(n), PRECISE);
      sum = sum.add(power.divide(BigDecimal.valueOf(2 * n + 1), PRECISE), PRECISE);
    }
    return sum.multiply(BigDecimal.TWO).divide(PI.sqrt(PRECISE), PRECISE).doubleValue();
  }

  @Test
  void erfIsRightToAFewUnitsOfADouble() {
    for (double x = -5.9; x < 5.9; x += 0.0837) {
      double expected = erfReference(x);
      assertThat(SpecialFunctions.erf(x)).isCloseTo(expected, within(4 * Math.ulp(expected)));
    }
    assertThat(SpecialFunctions.erf(1e-300)).isCloseTo(1.1283791670955126e-300, within(1e-315));
    assertThat(SpecialFunctions.erf(2)).isCloseTo(0.9953222650189527, within(2e-16));
    assertThat(SpecialFunctions.erf(Math.nextDown(1.0)))
        .isCloseTo(SpecialFunctions.erf(1), within(3e-16));
    assertThat(SpecialFunctions.erf(Double.NaN)).isNaN();
  }

  @Test
  void exp2IsExactForIntegersAndNearOtherwise() {
    for (int n = -1074; n < 1024; n++) {
      assertThat(SpecialFunctions.exp2(n)).isEqualTo(Math.scalb(1.0, n));
    }
    for (double x = -20; x < 20; x += 0.173) {
      double expected = StrictMath.pow(2, x);
      assertThat(SpecialFunctions.exp2(x)).isCloseTo(expected, within(2 * Math.ulp(expected)));
    }
    assertThat(SpecialFunctions.exp2(5000)).isInfinite();
    assertThat(SpecialFunctions.exp2(-5000)).isZero();
    assertThat(SpecialFunctions.exp2(Double.NEGATIVE_INFINITY)).isZero();
    assertThat(SpecialFunctions.exp2(Double.NaN)).isNaN();
  }

  @Test
  void log2IsExactForPowersOfTwoAndInverseToExp2() {
    for (int n = -1074; n < 1024; n++) {
      assertThat(SpecialFunctions.log2(Math.scalb(1.0, n))).isEqualTo(n);
    }
    for (double x = -20; x < 20; x += 0.173) {
      assertThat(SpecialFunctions.log2(SpecialFunctions.exp2(x)))
          .isCloseTo(x, within(4 * Math.ulp(Math.max(1, Math.abs(x)))));
    }
    assertThat(SpecialFunctions.log2(-1)).isNaN();
    assertThat(SpecialFunctions.log2(0)).isEqualTo(Double.NEGATIVE_INFINITY);
    assertThat(SpecialFunctions.log2(Double.POSITIVE_INFINITY)).isInfinite();
    double nearOne = 1 + 0x1p-40;
    assertThat(SpecialFunctions.log2(nearOne))
        .isCloseTo(0x1p-40 / StrictMath.log(2), within(1e-24));
  }
}
