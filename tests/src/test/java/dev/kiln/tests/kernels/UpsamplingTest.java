package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.pooling.Upsampling;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.kernels.reference.UpsamplingReference;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class UpsamplingTest {
  /** From one size to another. */
  record Problem(String device, Images x, List<Integer> out, UpsamplingMode mode) {
    UpsamplingReference reference() {
      return new UpsamplingReference(x.n() * x.channels(), x.size(), out, mode);
    }
  }

  static Stream<Problem> problems() {
    return Stream.of(UpsamplingMode.values())
        .flatMap(
            mode ->
                Stream.of(
                    problem(
                        Cases.TESTED, DType.FP32, false, 2, List.of(5, 7), List.of(11, 14), mode),
                    problem(
                        Cases.TESTED, DType.FP32, true, 20, List.of(5, 7), List.of(11, 14), mode),
                    problem(
                        Cases.TESTED, DType.FP32, false, 3, List.of(9, 140), List.of(4, 41), mode),
                    problem(Cases.TESTED, DType.FP32, false, 3, List.of(4), List.of(9), mode),
                    problem(Cases.TESTED, DType.FP32, false, 2, List.of(1, 3), List.of(5, 1), mode),
                    problem(Cases.TESTED, DType.FP32, false, 0, List.of(3, 3), List.of(6, 6), mode),
                    problem(Cases.TESTED, DType.BF16, false, 2, List.of(3, 4), List.of(6, 8), mode),
                    problem(Cases.TESTED, DType.FP16, false, 2, List.of(3, 4), List.of(6, 8), mode),
                    problem(Cases.TESTED, DType.FP64, false, 2, List.of(3, 4), List.of(6, 8), mode),
                    problem(
                        Cases.TESTED,
                        DType.FP32,
                        false,
                        2,
                        List.of(2, 3, 4),
                        List.of(4, 5, 3),
                        mode),
                    problem(
                        "eval", DType.FP32, false, 2, List.of(2, 3, 2), List.of(4, 5, 3), mode)));
  }

  private static Problem problem(
      String device,
      DType dtype,
      boolean channelsLast,
      int channels,
      List<Integer> size,
      List<Integer> out,
      UpsamplingMode mode) {
    return new Problem(device, new Images(2, channels, size, dtype, channelsLast), out, mode);
  }

  @ParameterizedTest
  @MethodSource("problems")
  void imagesAndGradientsAreWithinTheErrorRule(Problem p) {
    Device device = Cases.device(p.device);
    Images other = p.x.ofSize(p.out);
    double[] x = p.x.normal(1);
    double[] dy = other.normal(2);
    NdArray y = other.unset(device);
    NdArray dx = p.x.unset(device);
    var upsampling = new Upsampling(device);
    upsampling.forward(p.x.array(device, x), p.mode, y);
    upsampling.backward(other.array(device, dy), p.mode, dx);
    Batch.check("y", y, r -> p.reference().forward(r, x), 16);
    Batch.check("dx", dx, r -> p.reference().backward(r, dy), dy.length + 1);
  }

  @Test
  void gradientsOfTheDefinitionAreItsDerivatives() {
    for (UpsamplingMode mode : UpsamplingMode.values()) {
      var reference = new UpsamplingReference(2, List.of(2, 3), List.of(5, 4), mode);
      double[] dy = Cases.normal(DType.FP64, 3, 40);
      NumericalGradient.check(
          "dx",
          x -> {
            double[] y = reference.forward(Rounding.EXACT, x);
            return IntStream.range(0, y.length).mapToDouble(i -> y[i] * dy[i]).sum();
          },
          Cases.normal(DType.FP64, 4, 12),
          reference.backward(Rounding.EXACT, dy));
    }
  }

  @Test
  void valuesAreThoseOfPyTorch() {
    Device device = Cases.tested();
    NdArray x = NdArray.of(device, new float[] {1, 2, 3, 4}, 1, 1, 2, 2);
    NdArray y = Cases.unset(device, DType.FP32, 1, 1, 4, 4);
    var upsampling = new Upsampling(device);
    upsampling.forward(x, UpsamplingMode.NEAREST, y);
    assertThat(y.toDoubles()).containsExactly(1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4);
    upsampling.forward(x, UpsamplingMode.LINEAR, y);
    assertThat(y.toDoubles())
        .containsExactly(
            1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4);
    NdArray odd = Cases.unset(device, DType.FP32, 1, 1, 3, 3);
    upsampling.forward(x, UpsamplingMode.LINEAR_WITH_CORNERS, odd);
    assertThat(odd.toDoubles()).containsExactly(1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4);
  }

  @Test
  void sizesAreRoundedDown() {
    assertThat(UpsamplingMode.size(7, 2)).isEqualTo(14);
    assertThat(UpsamplingMode.size(7, 1.5)).isEqualTo(10);
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    var upsampling = new Upsampling(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 1, 2, 3, 4);
    NdArray y = NdArray.zeros(device, DType.FP32, 1, 2, 6, 8);
    refused(
        () -> upsampling.forward(x.reshape(4, 6), UpsamplingMode.NEAREST, y),
        "Upsampling: argument 'x' must have 3 to 5 axes, but is fp32[4, 6] on cpu");
    refused(
        () -> upsampling.forward(x, UpsamplingMode.NEAREST, y.reshape(1, 1, 12, 8)),
        "Upsampling: argument 'y' must have the axes, images and channels of 'x', fp32[1, 2, 3, 4]"
            + " on cpu, but is fp32[1, 1, 12, 8] on cpu");
    refused(
        () -> upsampling.forward(x, UpsamplingMode.NEAREST, x),
        "Upsampling: argument 'y' must not be 'x'");
    refused(
        () -> upsampling.backward(y, UpsamplingMode.LINEAR, x.narrow(3, 0, 0)),
        "Upsampling: argument 'dx' must not be empty along axis 3, but is fp32[1, 2, 3, 0] on cpu");
    refused(
        () ->
            upsampling.forward(
                NdArray.zeros(device, DType.FP16, 1, 1, 30_000),
                UpsamplingMode.LINEAR,
                NdArray.zeros(device, DType.FP16, 1, 1, 60_000)),
        "Upsampling: argument 'y' must be so small that its length times that of 'x' is below 2^29,"
            + " but is fp16[1, 1, 60000] on cpu");
  }
}
