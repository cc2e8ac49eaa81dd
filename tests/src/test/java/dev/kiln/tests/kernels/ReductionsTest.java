package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reduction.Reduction;
import dev.kiln.kernels.reduction.Reductions;
import dev.kiln.kernels.reference.ReductionReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ReductionsTest {
  private static final double NAN = Double.NaN;
  private static final double INF = Double.POSITIVE_INFINITY;

  private final Device cpu = Cases.tested();

  /** Reduces the numbers of each group of a matrix. */
  private interface Definition {
    double of(Rounding r, double[] numbers);
  }

  /** The gradients of the numbers of a group. */
  private interface Gradient {
    double[] of(Rounding r, double[] numbers, double dy);
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void functionsAreWithinTheErrorRule(Reduction f) {
    check(cpu, f, DType.FP32, 5, 19, 1);
    check(Devices.eval(), f, DType.FP32, 5, 19, 0);
  }

  @Test
  void everyFloatTypeIsWithinTheErrorRule() {
    for (Reduction f : new Reduction[] {Reduction.MEAN, Reduction.LOG_SUM_EXP}) {
      check(cpu, f, DType.FP16, 3, 37, 1);
      check(cpu, f, DType.BF16, 37, 3, 0);
      check(cpu, f, DType.FP64, 3, 37, 1);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Reduction.class,
      names = {"MEAN", "MAX", "LOG_SUM_EXP"})
  void longAxesAreSplit(Reduction f) {
    check(cpu, f, DType.FP32, 1, 300_001, 1);
    check(cpu, f, DType.FP32, 40_001, 3, 0);
    check(cpu, f, DType.BF16, 2, 70_000, 1);
  }

  private void check(Device device, Reduction f, DType dtype, int rows, int columns, int axis) {
    double[] x = Cases.normal(dtype, 7 + rows, rows * columns);
    var kernels = new Reductions(device);
    NdArray in = NdArray.of(device, dtype, x, rows, columns);
    NdArray y = Cases.unset(device, dtype, axis == 0 ? columns : rows);
    kernels.run(f, in, y, axis);
    String what = f + " along " + axis;
    compare(what, y, x, columns, axis, (r, v) -> ReductionReference.value(r, f, v));
    if (f.hasGradient()) {
      double[] dy = Cases.normal(dtype, 3, (int) y.size());
      NdArray dx = Cases.unset(device, dtype, rows, columns);
      boolean needsX = f != Reduction.SUM && f != Reduction.MEAN;
      boolean needsY = f == Reduction.L2 || f == Reduction.LOG_SUM_EXP;
      NdArray result = NdArray.zeros(device, dtype == DType.FP64 ? dtype : DType.FP32, y.shape());
      kernels.run(f, in, result, axis);
      kernels.backward(
          f,
          needsX ? in : null,
          needsY ? result : null,
          NdArray.of(device, dtype, dy, dy.length),
          dx,
          axis);
      compareGradient(
          what, dx, x, columns, axis, dy, (r, v, d) -> ReductionReference.gradient(r, f, v, d));
    }
  }

  @Test
  void variancesAreWithinTheErrorRule() {
    for (Device device : Cases.devices()) {
      variance(device, DType.FP32, 5, 19, 1);
    }
    variance(cpu, DType.BF16, 19, 5, 0);
    variance(cpu, DType.FP64, 3, 37, 1);
    variance(cpu, DType.FP32, 2, 200_000, 1);
  }

  private void variance(Device device, DType dtype, int rows, int columns, int axis) {
    double[] x = Cases.normal(dtype, 5, rows * columns);
    for (int i = 0; i < x.length; i++) {
      x[i] = Rounding.to(dtype).of(x[i] + 8);
    }
    var kernels = new Reductions(device);
    NdArray in = NdArray.of(device, dtype, x, rows, columns);
    NdArray y = Cases.unset(device, dtype, axis == 0 ? columns : rows);
    kernels.variance(in, 1, false, y, axis);
    compare("variance", y, x, columns, axis, (r, v) -> ReductionReference.variance(r, v, 1));
    kernels.variance(in, 0, true, y, axis);
    compare(
        "deviation",
        y,
        x,
        columns,
        axis,
        (r, v) -> r.of(Math.sqrt(ReductionReference.variance(r, v, 0))));
    double[] dy = Cases.normal(dtype, 3, (int) y.size());
    NdArray dx = Cases.unset(device, dtype, rows, columns);
    kernels.varianceBackward(in, 1, NdArray.of(device, dtype, dy, dy.length), dx, axis);
    compareGradient(
        "variance",
        dx,
        x,
        columns,
        axis,
        dy,
        (r, v, d) -> ReductionReference.varianceGradient(r, v, 1, d));
  }

  @Test
  void anyAxesWithAnyStrides() {
    double[] x = Cases.normal(DType.FP32, 9, 3 * 4 * 5 * 6);
    NdArray array = NdArray.of(cpu, DType.FP32, x, 3, 4, 5, 6);
    var kernels = new Reductions(cpu);
    int[][] sets = {{}, {0}, {-1}, {0, 2}, {1, 3}, {0, 1, 3}};
    for (int[] set : sets) {
      for (int[] order : new int[][] {{0, 1, 2, 3}, {3, 1, 0, 2}}) {
        NdArray view = array.permute(order).narrow(1, 1, 3);
        boolean[] isReduced = new boolean[4];
        Arrays.fill(isReduced, set.length == 0);
        Arrays.stream(set).forEach(a -> isReduced[Math.floorMod(a, 4)] = true);
        long[] keptShape = view.shape();
        Arrays.setAll(keptShape, a -> isReduced[a] ? 1 : keptShape[a]);
        double[] expected = new double[(int) Arrays.stream(keptShape).reduce(1, (a, b) -> a * b)];
        double[] values = view.toDoubles();
        int[] at = new int[values.length];
        for (int i = 0; i < values.length; i++) {
          int rest = i;
          int step = 1;
          for (int a = 3; a >= 0; a--) {
            int index = rest % (int) view.dim(a);
            rest /= (int) view.dim(a);
            at[i] += isReduced[a] ? 0 : index * step;
            step *= (int) keptShape[a];
          }
          expected[at[i]] += values[i];
        }
        NdArray y = Cases.unset(cpu, DType.FP32, keptShape);
        kernels.run(Reduction.SUM, view, y, set);
        String what = Arrays.toString(set) + " of " + Arrays.toString(order);
        assertThat(close(y.toDoubles(), expected)).as(what).isTrue();
        NdArray dx = Cases.unset(cpu, DType.FP32, 3, 4, 5, 6);
        kernels.backward(Reduction.SUM, null, null, y, dx.permute(order).narrow(1, 1, 3), set);
        double[] gradient = dx.permute(order).narrow(1, 1, 3).toDoubles();
        double[] sums = y.toDoubles();
        for (int i = 0; i < gradient.length; i++) {
          assertThat(gradient[i]).as(what).isEqualTo(sums[at[i]]);
        }
        long untouched = Arrays.stream(dx.toDoubles()).filter(Double::isNaN).count();
        assertThat(untouched).isEqualTo(dx.size() - gradient.length);
      }
    }
  }

  private static boolean close(double[] actual, double[] expected) {
    boolean close = actual.length == expected.length;
    for (int i = 0; close && i < expected.length; i++) {
      close = Math.abs(actual[i] - expected[i]) < 1e-4;
    }
    return close;
  }

  @Test
  void specialNumbers() {
    for (Device device : Cases.devices()) {
      double[] x = {1, NAN, 3, INF, -INF, 2, -INF, -INF, -INF};
      NdArray in = NdArray.of(device, DType.FP32, x, 3, 3);
      assertThat(rows(Reduction.MAX, in)).containsExactly(NAN, INF, -INF);
      assertThat(rows(Reduction.MIN, in)).containsExactly(NAN, -INF, -INF);
      assertThat(rows(Reduction.LOG_SUM_EXP, in)).containsExactly(NAN, INF, -INF);
      assertThat(rows(Reduction.SUM, in)).containsExactly(NAN, NAN, -INF);
      assertThat(rows(Reduction.MAX_NORM, in)).containsExactly(NAN, INF, INF);
    }
  }

  private static double[] rows(Reduction f, NdArray x) {
    NdArray y = NdArray.zeros(x.device(), DType.FP32, x.dim(0));
    new Reductions(x.device()).run(f, x, y, 1);
    return y.toDoubles();
  }

  @Test
  void integersAndTruth() {
    for (Device device : Cases.devices()) {
      var kernels = new Reductions(device);
      long big = (1L << 53) + 1;
      NdArray longs = NdArray.of(device, new long[] {big, 2, -3, 0, 0, 0}, 2, 3);
      NdArray y = NdArray.zeros(device, DType.I64, 2);
      kernels.run(Reduction.SUM, longs, y, 1);
      assertThat(y.toLongs()).containsExactly(big - 1, 0);
      kernels.run(Reduction.MAX, longs, y, 1);
      assertThat(y.toLongs()).containsExactly(big, 0);
      NdArray bytes = NdArray.of(device, DType.I8, new double[] {100, 100, 0, -7}, 4);
      NdArray one = NdArray.zeros(device, DType.I32, 1);
      kernels.run(Reduction.SUM, bytes, one);
      assertThat(one.toLongs()).containsExactly(193);
      kernels.run(Reduction.MIN, bytes, one);
      assertThat(one.toLongs()).containsExactly(-7);
      NdArray truth = NdArray.zeros(device, DType.I1, 2);
      kernels.run(Reduction.ANY, longs, truth, 1);
      assertThat(truth.toLongs()).containsExactly(1, 0);
      kernels.run(Reduction.ALL, longs.narrow(1, 0, 2), truth, 1);
      assertThat(truth.toLongs()).containsExactly(1, 0);
    }
  }

  @Test
  void noNumbersGiveTheNeutralOne() {
    var kernels = new Reductions(cpu);
    NdArray none = NdArray.zeros(cpu, DType.FP32, 2, 0);
    double[] expected = {0, NAN, 1, 0, 1, 0, 0, 0, -INF};
    int next = 0;
    for (Reduction f : Reduction.values()) {
      NdArray y = Cases.unset(cpu, DType.FP32, 2);
      if (f == Reduction.MAX || f == Reduction.MIN || f == Reduction.MAX_NORM) {
        refused(
            () -> kernels.run(f, none, y, 1),
            "Reductions: argument 'x' must hold numbers for " + f + ", but is fp32[2, 0] on cpu");
      } else {
        kernels.run(f, none, y, 1);
        assertThat(y.toDoubles()).as(f.toString()).containsOnly(expected[next++]);
      }
    }
    kernels.run(Reduction.MAX, none, NdArray.zeros(cpu, DType.FP32, 0), 0);
  }

  @Test
  void gradientsAreDerivatives() {
    double[] x = Cases.normal(DType.FP64, 3, 9);
    for (Reduction f : Reduction.values()) {
      if (f.hasGradient()) {
        NumericalGradient.check(
            f.toString(),
            v -> 1.5 * ReductionReference.value(Rounding.EXACT, f, v),
            x,
            ReductionReference.gradient(Rounding.EXACT, f, x, 1.5));
      }
    }
    NumericalGradient.check(
        "variance",
        v -> 1.5 * ReductionReference.variance(Rounding.EXACT, v, 1),
        x,
        ReductionReference.varianceGradient(Rounding.EXACT, x, 1, 1.5));
  }

  @Test
  void refusesWhatBreaksTheRules() {
    var kernels = new Reductions(cpu);
    NdArray x = NdArray.zeros(cpu, DType.FP32, 2, 3);
    NdArray y = NdArray.zeros(cpu, DType.FP32, 2);
    NdArray ints = NdArray.zeros(cpu, DType.I32, 2, 3);
    refused(
        () -> kernels.run(Reduction.SUM, x, y, 2),
        "Reductions: argument 'axes' must name axes of 'x' once, but has 2 for fp32[2, 3] on cpu");
    refused(
        () -> kernels.run(Reduction.SUM, x, y, 1, -1),
        "Reductions: argument 'axes' must name axes of 'x' once, but has -1 for fp32[2, 3] on cpu");
    refused(
        () -> kernels.run(Reduction.SUM, x, y, 0),
        "Reductions: argument 'y' must have the axes of 'x' that are kept, but is fp32[2] on cpu");
    refused(
        () -> kernels.run(Reduction.MEAN, ints, y, 1),
        "Reductions: argument 'x' must be fp32, fp16 or bf16, but is i32[2, 3] on cpu");
    refused(
        () -> kernels.backward(Reduction.MAX, x, null, y, x, 1),
        "Reductions: argument 'f' must have a gradient, but is MAX");
    refused(
        () -> kernels.backward(Reduction.L1, null, null, y, x, 1),
        "Reductions: argument 'x' must be given for this function");
    refused(
        () -> kernels.backward(Reduction.SUM, x, null, y, x, 1),
        "Reductions: argument 'x' must be null for this function");
    refused(
        () -> kernels.run(Reduction.SUM, x, ints.narrow(1, 0, 1), 1),
        "Reductions: argument 'y' must be contiguous, but is i32[2, 1] on cpu");
  }

  private static double[] group(double[] x, int columns, int axis, int index) {
    int rows = x.length / columns;
    double[] group = new double[axis == 0 ? rows : columns];
    Arrays.setAll(group, i -> axis == 0 ? x[i * columns + index] : x[index * columns + i]);
    return group;
  }

  private static void compare(
      String what, NdArray y, double[] x, int columns, int axis, Definition definition) {
    double[] exact = new double[(int) y.size()];
    double[] plain = new double[exact.length];
    for (int i = 0; i < exact.length; i++) {
      double[] group = group(x, columns, axis, i);
      exact[i] = definition.of(Rounding.EXACT, group);
      plain[i] = definition.of(Rounding.FP32, group);
    }
    verify(what, y, plain, exact, x.length / exact.length);
  }

  private static void compareGradient(
      String what,
      NdArray dx,
      double[] x,
      int columns,
      int axis,
      double[] dy,
      Gradient definition) {
    double[] exact = new double[x.length];
    double[] plain = new double[x.length];
    for (int g = 0; g < dy.length; g++) {
      double[] group = group(x, columns, axis, g);
      double[] good = definition.of(Rounding.EXACT, group, dy[g]);
      double[] rounded = definition.of(Rounding.FP32, group, dy[g]);
      for (int i = 0; i < group.length; i++) {
        int at = axis == 0 ? i * columns + g : g * columns + i;
        exact[at] = good[i];
        plain[at] = rounded[i];
      }
    }
    verify("gradient of " + what, dx, plain, exact, x.length / dy.length);
  }

  private static void verify(
      String what, NdArray actual, double[] plain, double[] exact, int terms) {
    if (actual.dtype() == DType.FP64) {
      ErrorRule.checkFp64(what, actual.toDoubles(), exact, terms);
    } else {
      double[] rounded = Rounding.to(actual.dtype()).of(plain);
      ErrorRule.check(what, actual.dtype(), actual.toDoubles(), rounded, exact);
    }
  }
}
