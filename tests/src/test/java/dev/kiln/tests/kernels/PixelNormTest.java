package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.kernels.normalization.PixelNorm;
import dev.kiln.kernels.reference.NormReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PixelNormTest {
  private static final double EPS = 1e-8;

  static Stream<Arguments> shapes() {
    return Cases.shapes(
        List.of(new int[] {1, 2, 1}, new int[] {3, 6, 5}), List.of(new int[] {2, 300, 70}));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void forwardAndBackwardAreWithinTheErrorRule(String name, DType dtype, int[] shape) {
    Device device = Cases.device(name);
    int channels = shape[1];
    int pixels = shape[0] * shape[2];
    Batch x = Batch.normal(dtype, 1, pixels, channels);
    Batch dy = Batch.normal(dtype, 2, pixels, channels);
    var kernel = new PixelNorm(device);
    for (ChannelLayout layout : ChannelLayout.values()) {
      NdArray in = array(device, dtype, layout, shape, x);
      NdArray y = Cases.unset(device, dtype, in.shape());
      kernel.forward(in, layout, EPS, y);
      Batch.check(
          "y",
          y,
          r -> ordered(layout, shape, i -> NormReference.normalised(r, x.row(i), of(r, x, i))),
          channels);
      NdArray dx = Cases.unset(device, dtype, in.shape());
      kernel.backward(array(device, dtype, layout, shape, dy), in, layout, EPS, dx);
      Batch.check(
          "dx",
          dx,
          r ->
              ordered(
                  layout,
                  shape,
                  i -> {
                    NormReference.Statistics s = of(r, x, i);
                    double[] h = NormReference.normalised(r, x.row(i), s);
                    return NormReference.backward(r, dy.row(i), h, s.rstd(), false);
                  }),
          channels + 8);
    }
  }

  @Test
  void meanSquareOfEachPixelIsOne() {
    for (Device device : Cases.devices()) {
      NdArray x = Batch.normal(DType.FP32, 3, 6, 8).on(device, DType.FP32);
      NdArray y = Cases.unset(device, DType.FP32, 6, 8);
      new PixelNorm(device).forward(x, ChannelLayout.LAST, EPS, y);
      var pixels = new Batch(y.toDoubles(), 8);
      for (int i = 0; i < 6; i++) {
        double squares = 0;
        for (double value : pixels.row(i)) {
          squares += value * value;
        }
        assertThat(squares / 8).isCloseTo(1, within(1e-6));
      }
      NdArray empty = NdArray.zeros(device, DType.FP32, 0, 8);
      new PixelNorm(device).forward(empty, ChannelLayout.FIRST, EPS, empty);
      new PixelNorm(device).backward(empty, empty, ChannelLayout.FIRST, EPS, empty);
    }
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    var kernel = new PixelNorm(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 2, 3);
    NdArray other = NdArray.zeros(device, DType.FP32, 3, 2);
    refused(
        () -> kernel.forward(x, ChannelLayout.LAST, EPS, other),
        "PixelNorm: argument 'y' must have the shape of 'x', fp32[2, 3] on cpu, but is fp32[3, 2]"
            + " on cpu");
    refused(
        () -> kernel.forward(x, ChannelLayout.LAST, Double.NaN, x),
        "PixelNorm: argument 'eps' must be at least 0 and finite, but is NaN");
    refused(
        () -> kernel.backward(other, x, ChannelLayout.LAST, EPS, x),
        "PixelNorm: argument 'dy' must have the shape of 'x', fp32[2, 3] on cpu, but is fp32[3, 2]"
            + " on cpu");
    refused(
        () -> kernel.forward(other.permute(1, 0), ChannelLayout.LAST, EPS, x),
        "PixelNorm: argument 'x' must be contiguous, but is fp32[2, 3] on cpu");
  }

  private static NormReference.Statistics of(Rounding r, Batch x, int i) {
    return NormReference.statistics(r, x.row(i), EPS, false);
  }

  private static NdArray array(
      Device device, DType dtype, ChannelLayout layout, int[] shape, Batch pixels) {
    double[] values = ordered(layout, shape, pixels::row);
    return layout == ChannelLayout.FIRST
        ? NdArray.of(device, dtype, values, shape[0], shape[1], shape[2])
        : NdArray.of(device, dtype, values, shape[0], shape[2], shape[1]);
  }

  /** Pixels, one after the other, in the order of a layout. */
  private static double[] ordered(ChannelLayout layout, int[] shape, IntFunction<double[]> pixel) {
    int channels = shape[1];
    int places = shape[2];
    double[] values = new double[shape[0] * channels * places];
    for (int i = 0; i < shape[0] * places; i++) {
      double[] row = pixel.apply(i);
      for (int c = 0; c < channels; c++) {
        int first = (i / places * channels + c) * places + i % places;
        values[layout == ChannelLayout.FIRST ? first : i * channels + c] = row[c];
      }
    }
    return values;
  }
}
