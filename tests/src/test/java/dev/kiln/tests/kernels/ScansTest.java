package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reduction.Scans;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.kernels.reference.ScanReference;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ScansTest {
  private final Device cpu = Cases.tested();

  /** What becomes of a row. */
  private interface Definition {
    double[] of(Rounding r, int row);
  }

  @ParameterizedTest
  @EnumSource(Scans.Kind.class)
  void scansAreWithinTheErrorRule(Scans.Kind kind) {
    check(cpu, kind, DType.FP32, 3, 37, true, false, false);
    check(cpu, kind, DType.FP32, 2, 2100, true, true, true);
    check(cpu, kind, DType.FP32, 9, 5, false, true, false);
    check(Devices.eval(), kind, DType.FP32, 3, 37, true, false, true);
    check(Devices.eval(), kind, DType.FP32, 4, 5, false, false, true);
  }

  @Test
  void everyFloatTypeIsWithinTheErrorRule() {
    for (DType dtype : new DType[] {DType.FP16, DType.BF16, DType.FP64}) {
      check(cpu, Scans.Kind.SUM, dtype, 2, 2100, true, true, false);
      check(cpu, Scans.Kind.SUM, dtype, 3, 5, false, false, true);
    }
  }

  private static void check(
      Device device,
      Scans.Kind kind,
      DType dtype,
      int groups,
      int n,
      boolean alongRows,
      boolean reverse,
      boolean exclusive) {
    double[] x = Cases.normal(dtype, 3, groups * n);
    if (kind == Scans.Kind.PROD) {
      Arrays.setAll(x, i -> Rounding.to(dtype).of(1 + 0.1 * x[i]));
    }
    NdArray in = array(device, dtype, x, groups, n, alongRows);
    NdArray y = Cases.unset(device, dtype, in.shape());
    new Scans(device).run(kind, in, alongRows ? 1 : 0, reverse, exclusive, y);
    compare(
        kind.toString(),
        y,
        n,
        alongRows,
        (r, g) -> ScanReference.scan(r, kind, row(x, g, n), reverse, exclusive));
  }

  /** Rows as they are, or as columns of a matrix. */
  private static NdArray array(
      Device device, DType dtype, double[] x, int groups, int n, boolean alongRows) {
    if (alongRows) {
      return NdArray.of(device, dtype, x, groups, n);
    }
    double[] transposed = new double[x.length];
    Arrays.setAll(transposed, i -> x[i % groups * n + i / groups]);
    return NdArray.of(device, dtype, transposed, n, groups);
  }

  private static double[] row(double[] x, int row, int n) {
    return Arrays.copyOfRange(x, row * n, (row + 1) * n);
  }

  private static void compare(
      String what, NdArray y, int n, boolean alongRows, Definition definition) {
    double[] actual = (alongRows ? y : y.permute(1, 0)).toDoubles();
    DType dtype = y.dtype();
    for (int g = 0; g < actual.length / n; g++) {
      double[] exact = definition.of(Rounding.EXACT, g);
      if (dtype == DType.FP64) {
        ErrorRule.checkFp64(what, row(actual, g, n), exact, n);
      } else {
        double[] plain = Rounding.to(dtype).of(definition.of(Rounding.FP32, g));
        ErrorRule.check(what, dtype, row(actual, g, n), plain, exact);
      }
    }
  }

  @Test
  void gradientsAreWithinTheErrorRule() {
    for (Device device : Cases.devices()) {
      for (boolean alongRows : new boolean[] {true, false}) {
        double[] x = Cases.normal(DType.FP32, 5, 3 * 11);
        double[] dy = Cases.normal(DType.FP32, 6, 3 * 11);
        x[4] = 0;
        x[15] = 0;
        x[18] = 0;
        var kernels = new Scans(device);
        int axis = alongRows ? 1 : 0;
        NdArray gradient = array(device, DType.FP32, dy, 3, 11, alongRows);
        NdArray dx = Cases.unset(device, DType.FP32, gradient.shape());
        NdArray in = array(device, DType.FP32, x, 3, 11, alongRows);
        kernels.productBackward(in, gradient, axis, alongRows, dx);
        compare(
            "gradient of products",
            dx,
            11,
            alongRows,
            (r, g) -> ScanReference.productGradient(r, row(x, g, 11), row(dy, g, 11), alongRows));
        kernels.sumBackward(gradient, axis, alongRows, gradient);
        compare(
            "gradient of sums",
            gradient,
            11,
            alongRows,
            (r, g) -> ScanReference.sumGradient(r, row(dy, g, 11), alongRows));
      }
    }
  }

  @Test
  void referenceGradientsAreDerivatives() {
    double[] x = Cases.normal(DType.FP64, 5, 7);
    double[] dy = Cases.normal(DType.FP64, 6, 7);
    x[3] = 0;
    for (boolean reverse : new boolean[] {true, false}) {
      NumericalGradient.check(
          "sum",
          v -> dot(dy, ScanReference.scan(Rounding.EXACT, Scans.Kind.SUM, v, reverse, false)),
          x,
          ScanReference.sumGradient(Rounding.EXACT, dy, reverse));
      NumericalGradient.check(
          "product",
          v -> dot(dy, ScanReference.scan(Rounding.EXACT, Scans.Kind.PROD, v, reverse, false)),
          x,
          ScanReference.productGradient(Rounding.EXACT, x, dy, reverse));
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  @Test
  void integersStayExactAndMiddleAxesWork() {
    NdArray x = NdArray.of(cpu, new long[] {(1L << 53) + 1, 2, 3, 4, 5, 6, 7, 8}, 2, 2, 2);
    var kernels = new Scans(cpu);
    kernels.run(Scans.Kind.SUM, x, 1, x);
    assertThat(x.toLongs()).containsExactly((1L << 53) + 1, 2, (1L << 53) + 4, 6, 5, 6, 12, 14);
    NdArray none = NdArray.zeros(cpu, DType.FP32, 0, 3);
    kernels.run(Scans.Kind.SUM, none, 1, none);
  }

  @Test
  void refusesWhatBreaksTheRules() {
    var kernels = new Scans(cpu);
    NdArray x = NdArray.zeros(cpu, DType.FP32, 2, 3);
    refused(
        () -> kernels.run(Scans.Kind.SUM, x, 2, x),
        "Scans: argument 'axis' must be an axis of 'x', but is 2 for fp32[2, 3] on cpu");
    refused(
        () -> kernels.run(Scans.Kind.SUM, x.permute(1, 0), 0, x),
        "Scans: argument 'x' must be contiguous, but is fp32[3, 2] on cpu");
    refused(
        () -> kernels.productBackward(x, x, 1, false, x), "Scans: argument 'dx' must not be 'x'");
  }
}
