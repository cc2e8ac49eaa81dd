package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.FindInf;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FindInfTest {
  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#elementwise")
  void oneBadNumberAnywhereIsFound(String name, DType dtype, int n) {
    Device device = Devices.byName(name);
    var kernel = new FindInf(device);
    double[] x = Cases.normal(dtype, 16, n);
    assertThat(found(kernel, device, dtype, x)).as("in finite numbers").isZero();
    for (double bad :
        new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN}) {
      for (int place : n == 0 ? new int[0] : new int[] {0, n / 2, n - 1}) {
        double[] damaged = x.clone();
        damaged[place] = bad;
        assertThat(found(kernel, device, dtype, damaged)).as("%s at %d", bad, place).isEqualTo(1);
      }
    }
  }

  private static float found(FindInf kernel, Device device, DType dtype, double[] x) {
    NdArray found = NdArray.zeros(device, DType.FP32, 1);
    kernel.run(NdArray.of(device, dtype, x, x.length), found);
    return found.toFloats()[0];
  }
}
