package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.recurrent.ConvLstm;
import dev.kiln.kernels.reference.LstmReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConvLstmTest {
  private static final int IMAGES = 3;
  private static final int CHANNELS = 5;
  private static final int HEIGHT = 4;
  private static final int WIDTH = 7;
  private static final int SPACE = HEIGHT * WIDTH;
  private static final int SIZE = IMAGES * CHANNELS * SPACE;

  static Stream<Arguments> cases() {
    return Stream.of(Cases.TESTED, "eval")
        .flatMap(
            device ->
                Stream.of(DType.FP32, DType.BF16, DType.FP64)
                    .flatMap(
                        dtype ->
                            Stream.of(
                                Arguments.of(device, dtype, false),
                                Arguments.of(device, dtype, true))));
  }

  /** In memory, images are rows of channels and pixels, or pixels rows of channels. */
  private static LstmReference reference(boolean channelsLast, double[] peepholes) {
    return channelsLast
        ? new LstmReference(IMAGES * SPACE, CHANNELS, null, peepholes, SPACE)
        : new LstmReference(IMAGES, CHANNELS * SPACE, null, peepholes, 1);
  }

  private static NdArray images(
      Device device, DType dtype, double[] values, int n, int channels, boolean channelsLast) {
    return channelsLast
        ? NdArray.of(device, dtype, values, n, HEIGHT, WIDTH, channels).permute(0, 3, 1, 2)
        : NdArray.of(device, dtype, values, n, channels, HEIGHT, WIDTH);
  }

  private static NdArray unset(
      Device device, DType dtype, int n, int channels, boolean channelsLast) {
    double[] values = new double[n * channels * SPACE];
    Arrays.fill(values, Double.NaN);
    return images(device, dtype, values, n, channels, channelsLast);
  }

  /** The order of memory. */
  private static NdArray memory(NdArray images, boolean channelsLast) {
    return channelsLast ? images.permute(0, 2, 3, 1) : images;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gatesWithPeepholesAreWithinTheErrorRule(String name, DType dtype, boolean last) {
    Device device = Cases.device(name);
    double[] sums = Cases.normal(dtype, 1, 4 * SIZE);
    double[] c = Cases.normal(dtype, 2, SIZE);
    double[] peepholes = Cases.normal(dtype, 3, 3 * CHANNELS * SPACE);
    double[] dh = Cases.normal(dtype, 4, SIZE);
    LstmReference reference = reference(last, peepholes);
    NdArray gates = images(device, dtype, sums, IMAGES, 4 * CHANNELS, last);
    NdArray before = images(device, dtype, c, IMAGES, CHANNELS, last);
    NdArray p = images(device, dtype, peepholes, 3, CHANNELS, last);
    NdArray cells = unset(device, dtype, IMAGES, CHANNELS, last);
    NdArray h = unset(device, dtype, IMAGES, CHANNELS, last);
    var cell = new ConvLstm(device);
    cell.forward(gates, p, before, gates, cells, h);
    Batch.check("gates", memory(gates, last), r -> reference.forward(r, sums, c).gates(), 9);
    Batch.check("c", memory(cells, last), r -> reference.forward(r, sums, c).c(), 9);
    Batch.check("h", memory(h, last), r -> reference.forward(r, sums, c).h(), 9);

    LstmReference.Step step = reference.forward(Rounding.EXACT, sums, c);
    double[] saved = Rounding.to(dtype).of(step.gates());
    double[] next = Rounding.to(dtype).of(step.c());
    double[] none = new double[SIZE];
    gates = images(device, dtype, saved, IMAGES, 4 * CHANNELS, last);
    cells = images(device, dtype, next, IMAGES, CHANNELS, last);
    NdArray dsums = unset(device, dtype, IMAGES, 4 * CHANNELS, last);
    NdArray dc = unset(device, dtype, IMAGES, CHANNELS, last);
    cell.backward(
        images(device, dtype, dh, IMAGES, CHANNELS, last),
        null,
        gates,
        p,
        before,
        cells,
        dsums,
        dc);
    Batch.check(
        "dsums",
        memory(dsums, last),
        r -> reference.backward(r, saved, c, next, dh, none).dsums(),
        9);
    Batch.check(
        "dc", memory(dc, last), r -> reference.backward(r, saved, c, next, dh, none).dc(), 9);

    double[] gradient = memory(dsums, last).toDoubles();
    NdArray dp = unset(device, dtype, 3, CHANNELS, last);
    cell.peepholeGradient(dsums, before, cells, false, dp);
    Batch.check(
        "dp", memory(dp, last), r -> reference.peepholeGradient(r, gradient, c, next), 2 * IMAGES);
  }

  @Test
  void gradientsOfTheDefinitionAreItsDerivatives() {
    double[] sums = Cases.normal(DType.FP64, 5, 4 * 12);
    double[] c = Cases.normal(DType.FP64, 6, 12);
    double[] peepholes = Cases.normal(DType.FP64, 7, 3 * 6);
    double[] dh = Cases.normal(DType.FP64, 8, 12);
    double[] dc = Cases.normal(DType.FP64, 9, 12);
    var reference = new LstmReference(4, 3, null, peepholes, 2);
    LstmReference.Step step = reference.forward(Rounding.EXACT, sums, c);
    LstmReference.Gradients gradients =
        reference.backward(Rounding.EXACT, step.gates(), c, step.c(), dh, dc);
    NumericalGradient.check("dsums", v -> loss(reference, v, c, dh, dc), sums, gradients.dsums());
    NumericalGradient.check("dc", v -> loss(reference, sums, v, dh, dc), c, gradients.dc());
    NumericalGradient.check(
        "dp",
        v -> loss(reference, sums, c, dh, dc),
        peepholes,
        reference.peepholeGradient(Rounding.EXACT, gradients.dsums(), c, step.c()));
  }

  private static double loss(
      LstmReference reference, double[] sums, double[] c, double[] dh, double[] dc) {
    LstmReference.Step step = reference.forward(Rounding.EXACT, sums, c);
    return IntStream.range(0, c.length)
        .mapToDouble(i -> step.h()[i] * dh[i] + step.c()[i] * dc[i])
        .sum();
  }

  @Test
  void peepholeGradientsAreAddedUpOverSteps() {
    Device device = Cases.tested();
    NdArray dsums = NdArray.full(device, DType.FP32, 2, 3, 4, 1);
    NdArray c = NdArray.full(device, DType.FP32, 5, 3, 1, 1);
    NdArray next = NdArray.full(device, DType.FP32, 7, 3, 1, 1);
    NdArray dp = NdArray.full(device, DType.FP32, 1, 3, 1, 1);
    new ConvLstm(device).peepholeGradient(dsums, c, next, true, dp);
    org.assertj.core.api.Assertions.assertThat(dp.toDoubles()).containsExactly(31, 31, 43);
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    NdArray c = NdArray.zeros(device, DType.FP32, 2, 3, 4, 5);
    NdArray sums = NdArray.zeros(device, DType.FP32, 2, 12, 4, 5);
    var cell = new ConvLstm(device);
    refused(
        () -> cell.forward(sums, null, c.reshape(6, 20), null, c, c),
        "ConvLstm: argument 'c' must have 3 to 5 axes, but is fp32[6, 20] on cpu");
    refused(
        () -> cell.forward(c, null, c, null, c, c),
        "ConvLstm: argument 'sums' must have a first axis of 2 and 4 times the channels of 'c',"
            + " fp32[2, 3, 4, 5] on cpu, but is fp32[2, 3, 4, 5] on cpu");
    refused(
        () -> cell.forward(sums, null, c, null, c, NdArray.zeros(device, DType.FP64, 2, 3, 4, 5)),
        "ConvLstm: argument 'hNext' must be fp64 exactly if the others are, but is"
            + " fp64[2, 3, 4, 5] on cpu");
    refused(
        () ->
            cell.forward(
                sums,
                null,
                c,
                null,
                c,
                NdArray.zeros(device, DType.FP32, 2, 4, 5, 3).permute(0, 3, 1, 2)),
        "ConvLstm: argument 'hNext' must be contiguous, of at most 2147483647 elements");
    refused(
        () -> cell.peepholeGradient(sums, c, c, false, null),
        "ConvLstm: argument 'dpeepholes' must be there");
  }
}
