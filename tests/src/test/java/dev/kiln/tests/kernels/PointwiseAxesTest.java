package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.UnaryFunction;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Shapes, strides, repeated axes and parts of arrays under pointwise functions. */
class PointwiseAxesTest {
  @Test
  void operandsAreRepeatedAlongMissingAxesAndExtentsOfOne() {
    for (Device device : Cases.devices()) {
      NdArray a = counted(device, 2, 1, 3, 1, 2);
      NdArray b = counted(device, 4, 1, 5, 1);
      sums(a, b, 2, 4, 3, 5, 2);
      sums(b, a, 2, 4, 3, 5, 2);
      sums(counted(device, 3, 1), counted(device, 4), 3, 4);
      sums(counted(device, 1), counted(device, 3, 4), 3, 4);
      sums(counted(device, 3, 4), counted(device), 3, 4);
    }
  }

  @Test
  void anyOrderOfAxesIsFollowed() {
    for (Device device : Cases.devices()) {
      NdArray x = counted(device, 3, 4, 5);
      sums(x.permute(2, 0, 1), counted(device, 5, 3, 4), 5, 3, 4);
      NdArray turned = Cases.unset(device, DType.FP32, 5, 4, 3).permute(2, 1, 0);
      new Pointwise(device).binary(BinaryFunction.ADD, x, 1000, turned);
      assertThat(turned.toDoubles())
          .isEqualTo(Arrays.stream(x.toDoubles()).map(v -> v + 1000).toArray());
    }
  }

  @Test
  void largeArraysWithAndWithoutGaps() {
    Device device = Cases.tested();
    sums(counted(device, 131, 517), counted(device, 131, 517), 131, 517);
    NdArray wide = counted(device, 131, 600);
    sums(wide.narrow(1, 7, 524), counted(device, 131, 517), 131, 517);
    sums(wide.narrow(1, 7, 524), counted(device, 517), 131, 517);
    sums(counted(device, 517, 131).permute(1, 0), counted(device, 131, 1), 131, 517);
  }

  @Test
  void transposedCopiesOfEverySize() {
    Device device = Cases.tested();
    for (DType dtype : new DType[] {DType.I8, DType.BF16, DType.FP32, DType.FP64}) {
      double[] values = new double[150 * 100];
      Arrays.setAll(values, i -> i % 127);
      NdArray x = NdArray.of(device, dtype, values, 150, 100).narrow(0, 3, 147);
      NdArray y = NdArray.full(device, dtype, 99, 100, 150);
      new Pointwise(device).copy(x.permute(1, 0), y.narrow(1, 2, 146));
      double[] expected = new double[100 * 150];
      Arrays.setAll(
          expected,
          i -> {
            int column = i % 150;
            return column < 2 || column >= 146 ? 99 : values[(column + 1) * 100 + i / 150];
          });
      assertThat(y.toDoubles()).as(dtype.toString()).isEqualTo(expected);
    }
  }

  @Test
  void partsOfArraysLeaveNeighboursAlone() {
    for (Device device : Cases.devices()) {
      NdArray wide = NdArray.full(device, DType.FP32, 7, 4, 5);
      NdArray part = wide.narrow(0, 1, 3).narrow(1, 1, 4);
      new Pointwise(device).unary(UnaryFunction.NEG, part, part);
      double[] expected = new double[20];
      Arrays.setAll(expected, i -> i / 5 >= 1 && i / 5 < 3 && i % 5 >= 1 && i % 5 < 4 ? -7 : 7);
      assertThat(wide.toDoubles()).isEqualTo(expected);
    }
  }

  @Test
  void emptyAndSingleArrays() {
    for (Device device : Cases.devices()) {
      var kernels = new Pointwise(device);
      NdArray none = NdArray.zeros(device, DType.FP32, 3, 0, 2);
      kernels.binary(BinaryFunction.ADD, none, counted(device, 2), none);
      NdArray scalar = NdArray.full(device, DType.FP32, 3);
      kernels.binary(BinaryFunction.MUL, scalar, scalar, scalar);
      assertThat(scalar.toDoubles()).containsExactly(9);
    }
  }

  @Test
  void refusesShapesThatDoNotFit() {
    Device device = Cases.tested();
    var kernels = new Pointwise(device);
    NdArray x = counted(device, 3, 4);
    refused(
        () -> kernels.copy(x, counted(device, 4)),
        "Pointwise: argument 'x' must broadcast to the shape of 'y', but is fp32[3, 4] on cpu");
    refused(
        () -> kernels.binary(BinaryFunction.ADD, x, counted(device, 3), x),
        "Pointwise: argument 'b' must broadcast to the shape of 'y', but is fp32[3] on cpu");
    NdArray six = counted(device, 2, 2, 2, 2, 2, 2);
    NdArray turned = counted(device, 2, 2, 2, 2, 2, 2).permute(5, 4, 3, 2, 1, 0);
    refused(
        () -> kernels.copy(six, turned),
        "Pointwise: argument 'y' has 6 axes that cannot be merged; at most 5 may");
    NdArray deep = counted(device, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2);
    refused(
        () -> kernels.copy(deep, deep),
        "Pointwise: argument 'y' must have at most 16 axes, but is " + deep);
  }

  /** Adds in fp32, where these numbers are exact, and compares with the sums by index. */
  private static void sums(NdArray a, NdArray b, long... shape) {
    NdArray y = Cases.unset(a.device(), DType.FP32, shape);
    new Pointwise(a.device()).binary(BinaryFunction.ADD, a, b, y);
    double[] left = repeated(a, shape);
    double[] right = repeated(b, shape);
    double[] expected = new double[left.length];
    Arrays.setAll(expected, i -> left[i] + right[i]);
    assertThat(y.toDoubles()).isEqualTo(expected);
  }

  private static double[] repeated(NdArray x, long... shape) {
    double[] values = x.toDoubles();
    double[] result = new double[(int) Arrays.stream(shape).reduce(1, (m, n) -> m * n)];
    for (int i = 0; i < result.length; i++) {
      long rest = i;
      long at = 0;
      long step = 1;
      for (int axis = 1; axis <= shape.length; axis++) {
        long index = rest % shape[shape.length - axis];
        rest /= shape[shape.length - axis];
        if (axis <= x.rank()) {
          at += x.dim(-axis) == 1 ? 0 : index * step;
          step *= x.dim(-axis);
        }
      }
      result[i] = values[(int) at];
    }
    return result;
  }

  private static NdArray counted(Device device, long... shape) {
    double[] values = new double[(int) Arrays.stream(shape).reduce(1, (m, n) -> m * n)];
    Arrays.setAll(values, i -> i);
    return NdArray.of(device, DType.FP32, values, shape);
  }
}
