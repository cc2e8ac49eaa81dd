package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ConvolutionTest {
  /**
   * For each device: name, axes, images, in, out, groups, size, taps, stride, padding, dilation.
   */
  private static final List<ConvolutionProblem> SMALL =
      List.of(
          ConvolutionProblem.of("one element", 2, 1, 1, 1, 1, 1, 1, 1, 0, 1),
          ConvolutionProblem.of("3x3", 2, 2, 17, 5, 1, 5, 3, 1, 1, 1),
          ConvolutionProblem.of("few channels", 2, 1, 3, 4, 1, 6, 3, 2, 1, 1),
          ConvolutionProblem.of("strided and dilated", 2, 1, 18, 3, 1, 7, 2, 3, 2, 2),
          ConvolutionProblem.of("grouped", 2, 1, 6, 4, 2, 4, 3, 1, 1, 1),
          ConvolutionProblem.of("depthwise", 2, 2, 5, 10, 5, 5, 3, 2, 1, 1),
          ConvolutionProblem.of("one axis", 1, 2, 16, 3, 1, 9, 4, 2, 1, 1),
          ConvolutionProblem.of("three axes", 3, 1, 2, 3, 1, 3, 2, 1, 1, 1));

  private static final List<ConvolutionProblem> LARGE =
      List.of(
          ConvolutionProblem.of("wide", 2, 2, 40, 140, 1, 20, 3, 1, 1, 1),
          ConvolutionProblem.of("grouped wide", 2, 2, 64, 96, 2, 15, 3, 2, 1, 1),
          ConvolutionProblem.of("depthwise wide", 2, 2, 70, 70, 70, 33, 5, 1, 2, 1),
          ConvolutionProblem.of(
              "uneven axes",
              2,
              20,
              24,
              1,
              List.of(5, 12, 9),
              List.of(2, 3, 1),
              List.of(
                  new ConvolutionAxis(1, 0, 1, 0),
                  new ConvolutionAxis(2, 1, 3, 0),
                  new ConvolutionAxis(3, 1, 1, 0))));

  record OnDevice(String device, ConvolutionProblem problem) {
    Device open() {
      return Devices.byName(device);
    }
  }

  static Stream<OnDevice> problems() {
    Stream<ConvolutionProblem> small = SMALL.stream().flatMap(ConvolutionTest::layouts);
    Stream<ConvolutionProblem> narrow =
        SMALL.subList(1, 6).stream()
            .flatMap(p -> Stream.of(DType.FP16, DType.BF16, DType.FP64).map(p::with));
    Stream<ConvolutionProblem> large = LARGE.stream().flatMap(ConvolutionTest::layouts);
    return Stream.concat(
        Stream.of(small, narrow, large).flatMap(s -> s).map(p -> new OnDevice("cpu", p)),
        SMALL.stream().map(p -> new OnDevice("eval", p)));
  }

  private static Stream<ConvolutionProblem> layouts(ConvolutionProblem problem) {
    return Stream.of(problem, problem.inChannelsLast());
  }

  @ParameterizedTest
  @MethodSource("problems")
  void forwardIsWithinTheErrorRule(OnDevice on) {
    on.problem().checkForward(on.open());
  }

  @ParameterizedTest
  @MethodSource("problems")
  void dataGradientIsWithinTheErrorRule(OnDevice on) {
    on.problem().checkDataGradient(on.open());
  }

  @ParameterizedTest
  @MethodSource("problems")
  void weightGradientIsWithinTheErrorRule(OnDevice on) {
    on.problem().checkWeightGradient(on.open());
  }

  @ParameterizedTest
  @MethodSource("problems")
  void biasGradientIsWithinTheErrorRule(OnDevice on) {
    on.problem().checkBiasGradient(on.open());
  }

  @Test
  void sizesFollowTheFormulas() {
    assertThat(new ConvolutionAxis(4, 1, 1, 0).outputSize(224, 11)).isEqualTo(54);
    assertThat(new ConvolutionAxis(2, 1, 1, 0).transposedOutputSize(16, 4)).isEqualTo(32);
  }
}
