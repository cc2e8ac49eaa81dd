package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.ActivationFunction;
import dev.kiln.kernels.elementwise.GatedUnits;
import dev.kiln.kernels.reference.GatedUnitsReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GatedUnitsTest {
  private static final List<Activation> UNITS = List.of(Activation.SILU, Activation.GELU);

  @ParameterizedTest
  @MethodSource("dev.kiln.tests.kernels.Cases#tiles")
  void separateAndPackedInputsAreWithinTheErrorRule(String name, DType dtype, int rows, int n) {
    for (Activation unit : UNITS) {
      new Problem(Cases.device(name), dtype, unit.usual(), rows, n).check();
    }
  }

  @Test
  void gradientsArePartialDerivatives() {
    for (Activation unit : UNITS) {
      ActivationFunction f = unit.usual();
      double[] gate = Cases.normal(DType.FP64, 1, 20);
      double[] value = Cases.normal(DType.FP64, 2, 20);
      double[] gateGradient = new double[20];
      double[] valueGradient = new double[20];
      for (int i = 0; i < 20; i++) {
        gateGradient[i] = GatedUnitsReference.gateGradient(Rounding.EXACT, f, gate[i], value[i], 1);
        valueGradient[i] = GatedUnitsReference.valueGradient(Rounding.EXACT, f, gate[i], 1);
      }
      NumericalGradient.check("dgate", g -> sum(f, g, value), gate, gateGradient);
      NumericalGradient.check("dvalue", v -> sum(f, gate, v), value, valueGradient);
    }
  }

  @Test
  void worksInPlace() {
    Device device = Cases.tested();
    NdArray gate = NdArray.of(device, new float[] {1, -2, 3}, 1, 3);
    NdArray value = NdArray.of(device, new float[] {4, 5, 6}, 1, 3);
    new GatedUnits(device).forward(Activation.RELU, gate, value, gate);
    assertThat(gate.toDoubles()).containsExactly(4, 0, 18);
  }

  @Test
  void gradientsMayTakeThePlacesOfInputs() {
    for (Device device : Cases.devices()) {
      NdArray gate = NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 14, 60), 3, 20);
      NdArray value = NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 15, 60), 3, 20);
      NdArray dy = NdArray.of(device, DType.FP32, Cases.normal(DType.FP32, 16, 60), 3, 20);
      NdArray dgate = Cases.unset(device, DType.FP32, 3, 20);
      NdArray dvalue = Cases.unset(device, DType.FP32, 3, 20);
      var units = new GatedUnits(device);
      units.backward(Activation.SILU, gate, value, dy, dgate, dvalue);
      units.backward(Activation.SILU, gate, value, dy, gate, value);
      assertThat(gate.toDoubles()).isEqualTo(dgate.toDoubles());
      assertThat(value.toDoubles()).isEqualTo(dvalue.toDoubles());
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    var units = new GatedUnits(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 2, 3);
    NdArray bf16 = NdArray.zeros(device, DType.BF16, 2, 3);
    NdArray turned = NdArray.zeros(device, DType.FP32, 3, 2).permute(1, 0);
    NdArray vector = NdArray.zeros(device, DType.FP32, 6);
    refused(
        () -> units.forward(Activation.SILU, vector, x, x),
        "GatedUnits: argument 'gate' must be a matrix, but is fp32[6] on cpu");
    refused(
        () -> units.forward(Activation.SILU, x, bf16, x),
        "GatedUnits: argument 'value' must have the dtype of 'gate', fp32, but is bf16[2, 3] on"
            + " cpu");
    refused(
        () -> units.forward(Activation.SILU, x, x, turned),
        "GatedUnits: argument 'y' must have rows without gaps, but is fp32[2, 3] on cpu");
    refused(
        () -> units.backward(Activation.SILU, x, x, x, x, x.narrow(0, 0, 1)),
        "GatedUnits: argument 'dvalue' must have the shape of 'gate', fp32[2, 3] on cpu, but is"
            + " fp32[1, 3] on cpu");
  }

  private static double sum(ActivationFunction f, double[] gate, double[] value) {
    double sum = 0;
    for (int i = 0; i < gate.length; i++) {
      sum += GatedUnitsReference.value(Rounding.EXACT, f, gate[i], value[i]);
    }
    return sum;
  }

  private record Problem(Device device, DType dtype, ActivationFunction f, int rows, int n) {
    void check() {
      double[] gate = Cases.normal(dtype, 11, rows * n);
      double[] value = Cases.normal(dtype, 12, rows * n);
      double[] dy = Cases.normal(dtype, 13, rows * n);
      var units = new GatedUnits(device);
      NdArray y = Cases.unset(device, dtype, rows, n);
      NdArray dgate = Cases.unset(device, dtype, rows, n);
      NdArray dvalue = Cases.unset(device, dtype, rows, n);
      units.forward(f, array(gate), array(value), y);
      units.backward(f, array(gate), array(value), array(dy), dgate, dvalue);
      compare("y", y, gate, value, dy);
      compare("dgate", dgate, gate, value, dy);
      compare("dvalue", dvalue, gate, value, dy);

      // The same from the halves of packed arrays: to the last bit.
      NdArray packed = NdArray.of(device, dtype, pack(gate, value), rows, 2 * n);
      NdArray packedGrads = Cases.unset(device, dtype, rows, 2 * n);
      NdArray other = Cases.unset(device, dtype, rows, n);
      units.forward(f, packed.narrow(1, 0, n), packed.narrow(1, n, 2 * n), other);
      assertThat(other.toDoubles()).isEqualTo(y.toDoubles());
      units.backward(
          f,
          packed.narrow(1, 0, n),
          packed.narrow(1, n, 2 * n),
          array(dy),
          packedGrads.narrow(1, 0, n),
          packedGrads.narrow(1, n, 2 * n));
      assertThat(packedGrads.toDoubles()).isEqualTo(pack(dgate.toDoubles(), dvalue.toDoubles()));
    }

    private void compare(String what, NdArray actual, double[] gate, double[] value, double[] dy) {
      double[] exact = expected(Rounding.EXACT, what, gate, value, dy);
      double[] plain = expected(Rounding.FP32, what, gate, value, dy);
      if (dtype == DType.FP64) {
        ErrorRule.checkFp64(f + " " + what, actual.toDoubles(), exact, 8);
      } else {
        ErrorRule.check(
            f + " " + what, dtype, actual.toDoubles(), Rounding.to(dtype).of(plain), exact);
      }
    }

    private double[] expected(Rounding r, String what, double[] gate, double[] value, double[] dy) {
      double[] result = new double[gate.length];
      Arrays.setAll(
          result,
          i ->
              switch (what) {
                case "y" -> GatedUnitsReference.value(r, f, gate[i], value[i]);
                case "dgate" -> GatedUnitsReference.gateGradient(r, f, gate[i], value[i], dy[i]);
                default -> GatedUnitsReference.valueGradient(r, f, gate[i], dy[i]);
              });
      return result;
    }

    private NdArray array(double[] values) {
      return NdArray.of(device, dtype, values, rows, n);
    }

    private double[] pack(double[] left, double[] right) {
      double[] packed = new double[2 * rows * n];
      for (int row = 0; row < rows; row++) {
        System.arraycopy(left, row * n, packed, 2 * row * n, n);
        System.arraycopy(right, row * n, packed, 2 * row * n + n, n);
      }
      return packed;
    }
  }
}
