package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Averaging;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.List;
import org.junit.jupiter.api.Test;

class AveragingTest {
  @Test
  void averagesMoveTowardsTheirSources() {
    for (Device device : Cases.devices()) {
      for (DType dtype : Cases.DTYPES) {
        check(device, DType.FP32, dtype);
        check(device, dtype, dtype);
      }
      check(device, DType.FP64, DType.FP64);
    }
  }

  private static void check(Device device, DType dtype, DType source) {
    int size = Cases.isTested(device) ? 5001 : 33;
    double[] w = Cases.normal(dtype, 1, size);
    double[] x = Cases.normal(source, 2, size);
    for (double rate : new double[] {0, 0.1, 0.999, 1}) {
      NdArray averages = NdArray.of(device, dtype, w, size);
      var parameter = Parameter.of(averages, NdArray.of(device, source, x, size));
      try (var averaging = new Averaging(device, List.of(parameter))) {
        averaging.run(rate);
      }
      double[] exact = new double[size];
      double[] plain = new double[size];
      for (int i = 0; i < size; i++) {
        exact[i] = w[i] + rate * (x[i] - w[i]);
        plain[i] = (float) (w[i] + (float) ((float) rate * (float) (x[i] - w[i])));
      }
      if (dtype == DType.FP64) {
        ErrorRule.checkFp64("averages", averages.toDoubles(), exact, 2);
      } else {
        double[] rounded = dev.kiln.kernels.reference.Rounding.to(dtype).of(plain);
        ErrorRule.check("averages", dtype, averages.toDoubles(), rounded, exact);
      }
      if (rate == 0 || rate == 1 && dtype == source) {
        assertThat(averages.toDoubles()).containsExactly(rate == 0 ? w : x);
      }
    }
  }

  @Test
  void aRateOutsideOf0To1IsRefused() {
    Device device = Cases.devices().getFirst();
    try (var averaging = new Averaging(device, List.of())) {
      assertThatThrownBy(() -> averaging.run(1.5))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("'rate'")
          .hasMessageContaining("must be from 0 to 1, but is 1.5");
    }
  }
}
