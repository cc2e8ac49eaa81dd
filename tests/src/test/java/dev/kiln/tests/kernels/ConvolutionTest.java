package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.convolution.Convolution;
import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.kernels.convolution.ConvolutionBlocks;
import dev.kiln.kernels.convolution.ConvolutionEpilogue;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.reference.ActivationReference;
import dev.kiln.kernels.reference.ConvolutionReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
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
          ConvolutionProblem.of("three axes", 3, 1, 2, 3, 1, 3, 2, 1, 1, 1),
          ConvolutionProblem.of("many channels out", 2, 2, 2, 66, 1, 4, 3, 1, 1, 1));

  /** Of the small ones, those that are also computed in other dtypes. */
  private static final List<Integer> DTYPE_PROBLEMS = List.of(1, 3, 5, 8);

  private static final List<ConvolutionProblem> LARGE =
      List.of(
          ConvolutionProblem.of("wide", 2, 1, 20, 130, 1, 17, 3, 1, 1, 1),
          ConvolutionProblem.of("grouped wide", 2, 2, 40, 36, 2, 15, 3, 2, 1, 1),
          ConvolutionProblem.of("planes in tiles", 2, 3, 6, 9, 1, 36, 5, 1, 2, 1),
          ConvolutionProblem.of("planes in parts", 2, 40, 2, 3, 1, 5, 3, 1, 0, 1),
          ConvolutionProblem.of("padding beyond the taps", 2, 2, 3, 4, 1, 6, 2, 1, 3, 1),
          ConvolutionProblem.of("dilated planes", 2, 2, 4, 5, 1, 11, 3, 1, 2, 3),
          ConvolutionProblem.of("depthwise wide", 2, 1, 70, 70, 70, 33, 5, 1, 2, 1),
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
      return Cases.device(device);
    }

    Convolution kernel() {
      return new Convolution(open());
    }
  }

  static Stream<OnDevice> problems() {
    Stream<ConvolutionProblem> layouts =
        Stream.concat(SMALL.stream().limit(6), LARGE.stream()).flatMap(ConvolutionTest::layouts);
    Stream<ConvolutionProblem> axes = SMALL.stream().skip(6);
    Stream<ConvolutionProblem> dtypes =
        DTYPE_PROBLEMS.stream()
            .map(SMALL::get)
            .flatMap(p -> Stream.of(DType.FP16, DType.BF16, DType.FP64).map(p::with));
    return Stream.concat(
        Stream.of(layouts, axes, dtypes).flatMap(s -> s).map(p -> new OnDevice(Cases.TESTED, p)),
        SMALL.stream().map(p -> new OnDevice("eval", p)));
  }

  private static Stream<ConvolutionProblem> layouts(ConvolutionProblem problem) {
    return Stream.of(problem, problem.inChannelsLast());
  }

  @ParameterizedTest
  @MethodSource("problems")
  void forwardIsWithinTheErrorRule(OnDevice on) {
    on.problem().checkForward(on.kernel(), on.open());
  }

  @ParameterizedTest
  @MethodSource("problems")
  void dataGradientIsWithinTheErrorRule(OnDevice on) {
    on.problem().checkDataGradient(on.kernel(), on.open());
  }

  @ParameterizedTest
  @MethodSource("problems")
  void weightGradientIsWithinTheErrorRule(OnDevice on) {
    on.problem().checkWeightGradient(on.kernel(), on.open());
  }

  @ParameterizedTest
  @MethodSource("problems")
  void biasGradientIsWithinTheErrorRule(OnDevice on) {
    on.problem().checkBiasGradient(on.kernel(), on.open());
  }

  @Test
  void sizesFollowTheFormulas() {
    assertThat(new ConvolutionAxis(4, 1, 1, 0).outputSize(224, 11)).isEqualTo(54);
    assertThat(new ConvolutionAxis(1, 2, 1, 0).outputSize(28, 5)).isEqualTo(28);
    assertThat(new ConvolutionAxis(2, 1, 2, 0).outputSize(9, 3)).isEqualTo(4);
    assertThat(new ConvolutionAxis(1, 0, 1, 0).outputSize(2, 4)).isEqualTo(-1);
    assertThat(new ConvolutionAxis(2, 1, 1, 0).transposedOutputSize(16, 4)).isEqualTo(32);
    assertThat(new ConvolutionAxis(2, 1, 1, 1).transposedOutputSize(16, 3)).isEqualTo(32);
  }

  @Test
  void gradientsOfTheDefinitionAreItsDerivatives() {
    ConvolutionProblem p = SMALL.get(4).with(DType.FP64);
    ConvolutionReference definition = p.reference();
    double[] x = p.x();
    double[] w = p.weights();
    double[] dy = p.dy();
    Rounding exact = Rounding.EXACT;
    NumericalGradient.check(
        "dx",
        v -> dot(definition.forward(exact, v, w), dy),
        x,
        definition.dataGradient(exact, dy, w));
    NumericalGradient.check(
        "dw",
        v -> dot(definition.forward(exact, x, v), dy),
        w,
        definition.weightGradient(exact, x, dy));
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  static Stream<OnDevice> epilogues() {
    return Stream.of(SMALL.get(1), SMALL.get(1).inChannelsLast(), SMALL.get(2), SMALL.get(5))
        .flatMap(p -> Stream.of(new OnDevice(Cases.TESTED, p), new OnDevice("eval", p)));
  }

  @ParameterizedTest
  @MethodSource("epilogues")
  void biasResidualAndActivationAreFused(OnDevice on) {
    ConvolutionProblem p = on.problem();
    Device device = on.open();
    double[] bias = Cases.normal(p.dtype(), 31, p.reference().out());
    NdArray y = p.images(device, p.shapeOfY());
    NdArray pre = p.images(device, p.shapeOfY());
    var epilogue =
        new ConvolutionEpilogue(
            NdArray.of(device, p.dtype(), bias, bias.length),
            p.images(device, p.dy(), p.shapeOfY()),
            Activation.GELU,
            pre);
    new Convolution(device)
        .forward(
            p.images(device, p.x(), p.shapeOfX()), p.weights(device), p.options(), epilogue, y);
    p.check("pre", pre, r -> biased(r, p, bias), 1);
    p.check(
        "y",
        y,
        r ->
            Arrays.stream(biased(r, p, bias))
                .map(v -> ActivationReference.value(r, Activation.GELU, v))
                .toArray(),
        1);
  }

  /** The sum with a bias and dy as residual. */
  private static double[] biased(Rounding r, ConvolutionProblem p, double[] bias) {
    double[] pre = p.reference().forward(r, p.x(), p.weights());
    double[] residual = p.dy();
    int space = pre.length / (p.reference().images() * bias.length);
    for (int i = 0; i < pre.length; i++) {
      pre[i] = r.of(r.of(pre[i] + bias[i / space % bias.length]) + residual[i]);
    }
    return pre;
  }

  @Test
  void partsOfArraysAreReadAndTheirNeighboursLeftAlone() {
    for (Device device : Cases.devices()) {
      ConvolutionProblem p = SMALL.get(1);
      NdArray x = wider(device, p.x());
      NdArray part = x.narrow(1, 2, 19).narrow(2, 1, 6).narrow(3, 3, 8);
      NdArray y = NdArray.full(device, DType.FP32, 7, 2, 6, 5, 7);
      NdArray partOfY = y.narrow(1, 1, 6).narrow(3, 2, 7);
      new Convolution(device).forward(part, p.weights(device), p.options(), partOfY);
      p.check("part of y", partOfY, r -> p.reference().forward(r, p.x(), p.weights()), 1);
      double[] after = y.toDoubles();
      for (int i = 0; i < after.length; i++) {
        boolean written = i / 35 % 6 >= 1 && i % 7 >= 2;
        assertThat(after[i] == 7).as("element %d on %s", i, Cases.name(device)).isEqualTo(!written);
      }
    }
  }

  /** 2 x 17 x 5 x 5 numbers within 2 x 20 x 8 x 9 NaN. */
  private static NdArray wider(Device device, double[] values) {
    double[] wide = new double[2 * 20 * 8 * 9];
    Arrays.fill(wide, Double.NaN);
    for (int i = 0; i < values.length; i++) {
      int row = (i / 425 * 20 + i / 25 % 17 + 2) * 8 + i / 5 % 5 + 1;
      wide[row * 9 + i % 5 + 3] = values[i];
    }
    return NdArray.of(device, DType.FP32, wide, 2, 20, 8, 9);
  }

  @Test
  void noImagesGiveNothingAndZeroGradients() {
    for (Device device : Cases.devices()) {
      var kernel = new Convolution(device);
      var options = ConvolutionOptions.of(2, 1, 1);
      NdArray x = NdArray.zeros(device, DType.FP32, 0, 2, 5, 5);
      NdArray y = NdArray.zeros(device, DType.FP32, 0, 3, 5, 5);
      NdArray dw = Cases.unset(device, DType.FP32, 3, 2, 3, 3);
      NdArray db = Cases.unset(device, DType.FP32, 3);
      kernel.forward(x, NdArray.zeros(device, DType.FP32, 3, 2, 3, 3), options, y);
      kernel.weightGradient(x, y, options, dw);
      kernel.biasGradient(y, db);
      assertThat(dw.toFloats()).containsOnly(0);
      assertThat(db.toFloats()).containsOnly(0);
    }
  }

  @Test
  void noChannelsGiveTheBias() {
    for (Device device : Cases.devices()) {
      NdArray y = Cases.unset(device, DType.FP32, 1, 2, 1, 2);
      new Convolution(device)
          .forward(
              NdArray.zeros(device, DType.FP32, 1, 0, 1, 2),
              NdArray.zeros(device, DType.FP32, 2, 0, 1, 1),
              ConvolutionOptions.of(2, 1, 0),
              ConvolutionEpilogue.bias(NdArray.of(device, new float[] {1, -2}, 2), Activation.RELU),
              y);
      assertThat(y.toFloats()).containsExactly(1, 1, 0, 0);
    }
  }

  @Test
  void blockSizesMayBeChosen() {
    Device device = Cases.tested();
    var blocks = new ConvolutionBlocks(64, 32, 16);
    var kernel = new Convolution(device, blocks, blocks);
    ConvolutionProblem p = LARGE.get(1);
    p.checkForward(kernel, device);
    p.checkDataGradient(kernel, device);
    p.checkWeightGradient(kernel, device);
  }
}
