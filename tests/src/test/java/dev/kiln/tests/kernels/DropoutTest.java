package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.reference.DropoutReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DropoutTest {
  private static final long SEED = 0x1234_5678_9abc_def0L;
  private static final long OFFSET = (1L << 33) + 5;

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#elementwise")
  void valuesAreThoseOfThePhiloxMask(String name, DType dtype, int n) {
    Device device = Cases.device(name);
    double[] x = Cases.normal(dtype, 9, n);
    NdArray y = Cases.unset(device, dtype, n);
    new Dropout(device).run(NdArray.of(device, dtype, x, n), 0.3, SEED, OFFSET, y);
    double[] exact = DropoutReference.apply(Rounding.EXACT, x, 0.3, SEED, OFFSET);
    double[] plain =
        Rounding.to(dtype).of(DropoutReference.apply(Rounding.FP32, x, 0.3, SEED, OFFSET));
    double[] actual = y.toDoubles();
    ErrorRule.check("y", dtype, actual, plain, exact);
    for (int i = 0; i < n; i++) {
      assertThat(actual[i] == 0)
          .as("whether %d is left out", i)
          .isEqualTo(!DropoutReference.isKept(0.3, SEED, OFFSET + i) || x[i] == 0);
    }
  }

  @Test
  void theSameSeedAndOffsetGiveTheSameMaskAndOthersAnother() {
    for (Device device : Cases.devices()) {
      boolean[] mask = mask(device, 1, 0);
      assertThat(mask(device, 1, 0)).isEqualTo(mask);
      assertThat(mask(device, 2, 0)).isNotEqualTo(mask);
      assertThat(mask(device, 1, 500)).isNotEqualTo(mask);
      assertThat(Arrays.copyOfRange(mask(device, 1, 100), 0, 400))
          .isEqualTo(Arrays.copyOfRange(mask, 100, 500));
    }
  }

  @Test
  void addsAResidualInPlaceOrNot() {
    for (Device device : Cases.devices()) {
      for (DType dtype : List.of(DType.BF16, DType.FP64)) {
        double[] x = Cases.normal(dtype, 12, 77);
        double[] residual = Cases.normal(dtype, 13, 77);
        double[] exact = added(Rounding.EXACT, x, residual);
        double[] plain = Rounding.to(dtype).of(added(Rounding.FP32, x, residual));
        NdArray y = Cases.unset(device, dtype, 77);
        NdArray in = NdArray.of(device, dtype, residual);
        var dropout = new Dropout(device);
        dropout.run(NdArray.of(device, dtype, x), in, 0.3, SEED, OFFSET, y);
        dropout.run(NdArray.of(device, dtype, x), in, 0.3, SEED, OFFSET, in);
        if (dtype == DType.FP64) {
          ErrorRule.checkFp64("y", y.toDoubles(), exact, 2);
        } else {
          ErrorRule.check("y", dtype, y.toDoubles(), plain, exact);
        }
        assertThat(in.toDoubles()).isEqualTo(y.toDoubles());
      }
    }
  }

  private static double[] added(Rounding r, double[] x, double[] residual) {
    double[] y = DropoutReference.apply(r, x, 0.3, SEED, OFFSET);
    Arrays.setAll(y, i -> r.of(y[i] + residual[i]));
    return y;
  }

  @Test
  void refusesAResidualOfAnotherType() {
    Device device = Cases.tested();
    NdArray x = NdArray.zeros(device, DType.FP32, 4);
    Refusal.refused(
        () -> new Dropout(device).run(x, NdArray.zeros(device, DType.FP16, 4), 0.5, 0, 0, x),
        "Dropout: argument 'residual' must have the dtype of 'x', fp32, but is fp16[4] on cpu");
  }

  @Test
  void keepsAboutTheRightPartAndTheMean() {
    Device device = Cases.tested();
    NdArray y = Cases.unset(device, DType.FP32, 200_000);
    new Dropout(device).run(NdArray.full(device, DType.FP32, 1, 200_000), 0.4, 3, 0, y);
    double[] values = y.toDoubles();
    // Five standard deviations of a binomial distribution.
    double deviation = 5 * Math.sqrt(0.4 * 0.6 / values.length);
    assertThat((double) Arrays.stream(values).filter(v -> v == 0).count() / values.length)
        .isCloseTo(0.4, within(deviation));
    assertThat(Arrays.stream(values).average().orElseThrow()).isCloseTo(1, within(deviation / 0.6));
  }

  @Test
  void rateZeroChangesNothing() {
    for (Device device : Cases.devices()) {
      double[] x = Cases.normal(DType.FP32, 10, 100);
      NdArray y = Cases.unset(device, DType.FP32, 100);
      new Dropout(device).run(NdArray.of(device, DType.FP32, x), 0, 1, 0, y);
      assertThat(y.toDoubles()).isEqualTo(x);
    }
  }

  private static boolean[] mask(Device device, long seed, long offset) {
    NdArray y = Cases.unset(device, DType.FP32, 500);
    new Dropout(device).run(NdArray.full(device, DType.FP32, 1, 500), 0.5, seed, offset, y);
    boolean[] mask = new boolean[500];
    double[] values = y.toDoubles();
    for (int i = 0; i < mask.length; i++) {
      mask[i] = values[i] != 0;
    }
    return mask;
  }
}
