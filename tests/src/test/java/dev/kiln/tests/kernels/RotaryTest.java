package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.kernels.elementwise.Rotary.Angles;
import dev.kiln.kernels.elementwise.Rotary.Form;
import dev.kiln.kernels.elementwise.Rotary.Options;
import dev.kiln.kernels.reference.RotaryReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class RotaryTest {
  static Stream<Arguments> cases() {
    Stream<Arguments> cpu =
        Stream.concat(Cases.DTYPES.stream(), Stream.of(DType.FP64))
            .flatMap(
                dtype ->
                    Stream.of(
                        Arguments.of(Cases.TESTED, dtype, new Problem(2, 37, 3, 40, 24)),
                        Arguments.of(Cases.TESTED, dtype, new Problem(1, 300, 2, 64, 64)),
                        Arguments.of(Cases.TESTED, dtype, new Problem(1, 1, 1, 2, 2))));
    return Stream.concat(
        cpu,
        Stream.of(
            Arguments.of(Cases.TESTED, DType.FP32, new Problem(2, 0, 3, 8, 8)),
            Arguments.of(Cases.TESTED, DType.FP32, new Problem(2, 3, 3, 8, 0)),
            Arguments.of("eval", DType.FP32, new Problem(2, 3, 2, 7, 6))));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void turnsAndTurnsBackWithinTheErrorRule(String device, DType dtype, Problem problem) {
    for (Form form : Form.values()) {
      new Run(Cases.device(device), dtype, problem, form).check();
    }
  }

  @Test
  void turningBackIsTheGradient() {
    double[] cos = {Math.cos(0.3), Math.cos(1.1)};
    double[] sin = {Math.sin(0.3), Math.sin(1.1)};
    double[] x = Cases.normal(DType.FP64, 41, 5);
    double[] dy = Cases.normal(DType.FP64, 42, 5);
    for (boolean interleaved : new boolean[] {true, false}) {
      NumericalGradient.check(
          "dx",
          v -> {
            double[] y = RotaryReference.turn(Rounding.EXACT, v, cos, sin, interleaved, false);
            double sum = 0;
            for (int i = 0; i < y.length; i++) {
              sum += y[i] * dy[i];
            }
            return sum;
          },
          x,
          RotaryReference.turn(Rounding.EXACT, dy, cos, sin, interleaved, true));
    }
  }

  @Test
  void positionsFromAnArrayAnglesFromATableAndFreeStridesGiveTheSame() {
    for (Device device : Cases.devices()) {
      double[] values = Cases.normal(DType.FP32, 43, 2 * 3 * 2 * 8);
      NdArray x = NdArray.of(device, DType.FP32, values, 2, 3, 2, 8);
      var options = new Options(Form.HALF_SPLIT, 6, 100, 5);
      NdArray expected = Cases.unset(device, DType.FP32, 2, 3, 2, 8);
      var rotary = new Rotary(device);
      rotary.forward(x, options, Angles.COMPUTED, expected);

      // Heads before places, in place, positions for each batch.
      NdArray turned = Cases.unset(device, DType.FP32, 2, 2, 3, 8).permute(0, 2, 1, 3);
      NdArray positions = NdArray.of(device, new long[] {5, 6, 7, 5, 6, 7}, 2, 3);
      rotary.forward(x, options, new Angles(positions, null, null), turned);
      assertThat(turned.toDoubles()).isEqualTo(expected.toDoubles());

      // A table whose angles are those that the kernel computes, to fp32.
      NdArray row = NdArray.of(device, new int[] {5, 6, 7}, 3);
      var table = new Angles(row, table(device, true), table(device, false));
      rotary.forward(x, options, table, x);
      double[] actual = x.toDoubles();
      double[] wanted = expected.toDoubles();
      for (int i = 0; i < actual.length; i++) {
        assertThat(Math.abs(actual[i] - wanted[i])).isLessThan(2e-6);
      }

      NdArray outside = NdArray.of(device, new int[] {5, 8, -1}, 3);
      NdArray y = Cases.unset(device, DType.FP32, 2, 3, 2, 8);
      rotary.forward(x, options, new Angles(outside, table.cos(), table.sin()), y);
      assertThat(Arrays.stream(y.toDoubles()).filter(Double::isNaN).count()).isEqualTo(2 * 2 * 12);
    }
  }

  private static NdArray table(Device device, boolean isCos) {
    double[] values = new double[8 * 3];
    for (int position = 0; position < 8; position++) {
      for (int i = 0; i < 3; i++) {
        double angle = RotaryReference.angle(Rounding.EXACT, position, i, 6, 100);
        values[position * 3 + i] = isCos ? Math.cos(angle) : Math.sin(angle);
      }
    }
    return NdArray.of(device, DType.FP64, values, 8, 3);
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    var rotary = new Rotary(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 1, 2, 3, 4);
    Options options = Options.of(Form.INTERLEAVED, 4);
    refused(
        () -> Options.of(Form.INTERLEAVED, 3),
        "Rotary: argument 'dimensions' must be even, but is 3");
    refused(
        () -> new Options(Form.INTERLEAVED, 2, 0, 0),
        "Rotary: argument 'base' must be positive, but is 0.0");
    refused(
        () -> new Options(Form.INTERLEAVED, 2, 1, 1L << 31),
        "Rotary: argument 'offset' must be an i32, but is 2147483648");
    refused(
        () -> rotary.forward(x.permute(0, 1, 3, 2), options, Angles.COMPUTED, x),
        "Rotary: argument 'x' must be of batches x places x heads x head dimension, heads without"
            + " gaps, but is fp32[1, 2, 4, 3] on cpu");
    refused(
        () -> rotary.backward(x, Options.of(Form.INTERLEAVED, 6), Angles.COMPUTED, x),
        "Rotary: argument 'dimensions' must be at most the head's, 4, but is 6");
    NdArray square = NdArray.zeros(device, DType.FP32, 1, 3, 3, 4);
    refused(
        () -> rotary.forward(square, options, Angles.COMPUTED, square.permute(0, 2, 1, 3)),
        "Rotary: argument 'y' must have the strides of 'x' in its place");
    NdArray three = NdArray.of(device, new int[] {1, 2, 3}, 3);
    refused(
        () -> rotary.forward(x, options, new Angles(three, null, null), x),
        "Rotary: argument 'positions' must be of 2 or 1 x 2, but is i32[3] on cpu");
    NdArray table = NdArray.zeros(device, DType.FP32, 9, 2);
    refused(
        () -> rotary.forward(x, options, new Angles(null, table, null), x),
        "Rotary: argument 'sin' must be given with 'cos', and only then");
    NdArray narrow = NdArray.zeros(device, DType.FP32, 9, 1);
    refused(
        () -> rotary.forward(x, options, new Angles(null, narrow, narrow), x),
        "Rotary: argument 'cos' must have 2 columns, but is fp32[9, 1] on cpu");
    NdArray wide = NdArray.zeros(device, DType.FP32, 9, 3).narrow(1, 0, 2);
    refused(
        () -> rotary.forward(x, options, new Angles(null, table, wide), x),
        "Rotary: argument 'sin' must have the strides of 'cos'");
  }

  record Problem(int batches, int places, int heads, int headDim, int dimensions) {
    int size() {
      return batches * places * heads * headDim;
    }
  }

  private record Run(Device device, DType dtype, Problem p, Form form) {
    private static final int OFFSET = 11;

    void check() {
      double[] x = Cases.normal(dtype, 44, p.size());
      var options = new Options(form, p.dimensions(), Options.BASE, OFFSET);
      var rotary = new Rotary(device);
      NdArray y = Cases.unset(device, dtype, p.batches(), p.places(), p.heads(), p.headDim());
      rotary.forward(array(x), options, Angles.COMPUTED, y);
      compare("y", y, x, false);
      NdArray dx = array(x);
      rotary.backward(dx, options, Angles.COMPUTED, dx);
      compare("dx", dx, x, true);
    }

    private NdArray array(double[] x) {
      return NdArray.of(device, dtype, x, p.batches(), p.places(), p.heads(), p.headDim());
    }

    private void compare(String what, NdArray actual, double[] x, boolean inverse) {
      double[] exact = turned(Rounding.EXACT, x, inverse);
      if (dtype == DType.FP64) {
        // An angle of some hundred, wrong in its last place.
        ErrorRule.checkFp64(form + " " + what, actual.toDoubles(), exact, 400);
      } else {
        double[] plain = Rounding.to(dtype).of(turned(Rounding.FP32, x, inverse));
        ErrorRule.check(form + " " + what, dtype, actual.toDoubles(), plain, exact);
      }
    }

    private double[] turned(Rounding r, double[] x, boolean inverse) {
      double[] y = new double[x.length];
      int pairs = p.dimensions() / 2;
      double[] cos = new double[pairs];
      double[] sin = new double[pairs];
      for (int head = 0; head * p.headDim() < x.length; head++) {
        int position = OFFSET + head / p.heads() % p.places();
        for (int i = 0; i < pairs; i++) {
          double angle = RotaryReference.angle(r, position, i, p.dimensions(), Options.BASE);
          cos[i] = r.of(Math.cos(angle));
          sin[i] = r.of(Math.sin(angle));
        }
        double[] in = Arrays.copyOfRange(x, head * p.headDim(), (head + 1) * p.headDim());
        double[] out = RotaryReference.turn(r, in, cos, sin, form == Form.INTERLEAVED, inverse);
        System.arraycopy(out, 0, y, head * p.headDim(), p.headDim());
      }
      return y;
    }
  }
}
