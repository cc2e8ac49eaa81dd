package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.pooling.AveragePooling;
import dev.kiln.kernels.pooling.MaxPooling;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.PoolingWindow;
import dev.kiln.kernels.reference.PoolingReference;
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

class PoolingTest {
  private static final PoolingOptions HALVES = PoolingOptions.of(2, 3, 2, 1);

  /** A problem on a device. {@code out} is for adaptive pooling alone. */
  record Problem(
      String device,
      DType dtype,
      boolean channelsLast,
      int n,
      int channels,
      List<Integer> size,
      PoolingOptions options,
      List<Integer> out) {
    static Problem of(int n, int channels, List<Integer> size, PoolingOptions options) {
      return new Problem(Cases.TESTED, DType.FP32, false, n, channels, size, options, null);
    }

    static Problem adaptive(int n, int channels, List<Integer> size, List<Integer> out) {
      return new Problem(
          Cases.TESTED, DType.FP32, false, n, channels, size, PoolingOptions.ADAPTIVE, out);
    }

    Problem inChannelsLast() {
      return new Problem(device, dtype, true, n, channels, size, options, out);
    }

    Problem with(DType newDType) {
      return new Problem(device, newDType, channelsLast, n, channels, size, options, out);
    }

    Problem on(String newDevice) {
      return new Problem(newDevice, dtype, channelsLast, n, channels, size, options, out);
    }

    Device open() {
      return Cases.device(device);
    }

    Images x() {
      return new Images(n, channels, size, dtype, channelsLast);
    }

    Images y() {
      return x().ofSize(resultSize());
    }

    private List<Integer> resultSize() {
      return out != null
          ? out
          : IntStream.range(0, size.size())
              .mapToObj(
                  a -> (int) options.windows().get(a).outputSize(size.get(a), options.ceilMode()))
              .toList();
    }

    PoolingReference reference() {
      return new PoolingReference(n * channels, size, resultSize(), options);
    }
  }

  private static final List<Problem> SMALL =
      List.of(
          Problem.of(2, 3, List.of(7, 9), HALVES),
          Problem.of(1, 5, List.of(4, 6), PoolingOptions.of(2, 2)),
          Problem.of(1, 2, List.of(6, 7), PoolingOptions.of(2, 3, 2, 0).withCeilMode()),
          Problem.of(
              1, 2, List.of(5, 4), PoolingOptions.of(2, 2, 2, 1).withCeilMode().withoutPadding()),
          Problem.of(2, 2, List.of(11), PoolingOptions.of(1, 4, 3, 2).withDivisor(3)),
          Problem.of(
              1,
              3,
              List.of(4, 5, 6),
              PoolingOptions.of(List.of(w(2, 2, 0), w(3, 1, 1), w(2, 3, 1)))),
          Problem.adaptive(1, 3, List.of(7, 5), List.of(3, 4)),
          Problem.adaptive(2, 3, List.of(3, 2), List.of(5, 4)),
          Problem.adaptive(2, 3, List.of(5, 7), List.of(1, 1)),
          Problem.of(0, 3, List.of(7, 9), HALVES));

  private static final List<Problem> LARGE =
      List.of(
          Problem.of(2, 70, List.of(31, 37), HALVES),
          Problem.of(1, 9, List.of(2, 300), PoolingOptions.of(2, 1, 1, 0)),
          Problem.of(1, 3, List.of(1, 70), PoolingOptions.of(List.of(w(1, 1, 0), w(12, 5, 3)))),
          Problem.adaptive(2, 130, List.of(14, 15), List.of(1, 1)));

  private static PoolingWindow w(int size, int stride, int padding) {
    return new PoolingWindow(size, stride, padding, 1);
  }

  static Stream<Problem> problems() {
    return Stream.of(
            Stream.concat(SMALL.stream(), LARGE.stream()),
            Stream.of(SMALL.get(0), SMALL.get(6), LARGE.get(0), LARGE.get(3))
                .map(Problem::inChannelsLast),
            Stream.of(DType.FP16, DType.BF16, DType.FP64)
                .flatMap(d -> Stream.of(SMALL.get(0), SMALL.get(6)).map(p -> p.with(d))),
            SMALL.stream().map(p -> p.on("eval")))
        .flatMap(s -> s);
  }

  @ParameterizedTest
  @MethodSource("problems")
  void maximaPlacesAndTheirGradientAreAsDefined(Problem p) {
    Device device = p.open();
    double[] x = p.x().normal(1);
    double[] dy = p.y().normal(2);
    NdArray y = p.y().unset(device);
    NdArray places = p.y().integers(device);
    var pooling = new MaxPooling(device);
    pooling.forward(p.x().array(device, x), p.options(), y, places);
    int[] expected = p.reference().places(x);
    assertThat(Arrays.stream(places.toLongs()).mapToInt(i -> (int) i))
        .containsExactly(box(expected));
    assertThat(y.toDoubles()).isEqualTo(p.reference().max(x));
    NdArray dx = p.x().unset(device);
    pooling.backward(p.y().array(device, dy), places, p.options(), dx);
    Batch.check("dx", dx, r -> p.reference().maxGradient(r, dy, expected), dy.length + 1);
  }

  private static Integer[] box(int[] values) {
    return Arrays.stream(values).boxed().toArray(Integer[]::new);
  }

  @ParameterizedTest
  @MethodSource("problems")
  void averagesAndTheirGradientAreWithinTheErrorRule(Problem p) {
    Device device = p.open();
    double[] x = p.x().normal(3);
    double[] dy = p.y().normal(4);
    NdArray y = p.y().unset(device);
    NdArray dx = p.x().unset(device);
    var pooling = new AveragePooling(device);
    pooling.forward(p.x().array(device, x), p.options(), y);
    pooling.backward(p.y().array(device, dy), p.options(), dx);
    Batch.check("y", y, r -> p.reference().average(r, x), x.length + 1);
    Batch.check("dx", dx, r -> p.reference().averageGradient(r, dy), dy.length + 1);
  }

  @Test
  void maximumOfThreeByThreeWithPadding() {
    float[] image = {1, 3, 2, 1, 2, 9, 1, 1, 1, 3, 2, 3, 5, 6, 1, 2};
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.of(device, image, 1, 1, 4, 4);
      NdArray y = Cases.unset(device, DType.FP32, 1, 1, 2, 2);
      new MaxPooling(device).forward(x, PoolingOptions.of(2, 3, 3, 1), y, null);
      assertThat(y.toDoubles()).containsExactly(9, 2, 6, 3);
    }
  }

  @Test
  void strideDefaultsToTheSizeAndSizesAreThoseOfPyTorch() {
    assertThat(PoolingWindow.of(3).outputSize(10, false)).isEqualTo(3);
    assertThat(PoolingWindow.of(3).outputSize(10, true)).isEqualTo(4);
    assertThat(w(3, 2, 1).outputSize(224, false)).isEqualTo(112);
    assertThat(new PoolingWindow(2, 1, 0, 3).outputSize(7, false)).isEqualTo(4);
    // A window that would start behind the input and the padding in front is left out.
    assertThat(w(2, 2, 1).outputSize(4, true)).isEqualTo(3);
    assertThat(w(2, 3, 1).outputSize(4, true)).isEqualTo(2);
  }

  @Test
  void theFirstOfEqualsCountsAndTheLastNaNWins() {
    double nan = Double.NaN;
    double low = Double.NEGATIVE_INFINITY;
    double[] row = {4, 4, 1, nan, 2, nan, low, low, low};
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.of(device, DType.FP32, row, 1, 1, 9);
      NdArray y = NdArray.full(device, DType.FP32, 7, 1, 1, 3);
      NdArray places = NdArray.full(device, DType.I32, -7, 1, 1, 3);
      NdArray dx = Cases.unset(device, DType.FP32, 1, 1, 9);
      var pooling = new MaxPooling(device);
      pooling.forward(x, PoolingOptions.of(1, 3), y, places);
      assertThat(y.toDoubles()).containsExactly(4, nan, low);
      assertThat(places.toLongs()).containsExactly(0, 5, 6);
      pooling.backward(
          NdArray.of(device, new float[] {1, 2, 3}, 1, 1, 3), places, PoolingOptions.of(1, 3), dx);
      assertThat(dx.toDoubles()).containsExactly(1, 0, 0, 0, 0, 2, 3, 0, 0);
    }
  }

  @Test
  void dilatedWindowsMayBeEmpty() {
    var options = PoolingOptions.of(1, new PoolingWindow(2, 1, 2, 3));
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.of(device, new float[] {5}, 1, 1, 1);
      NdArray y = Cases.unset(device, DType.FP32, 1, 1, 2);
      NdArray places = NdArray.full(device, DType.I32, -7, 1, 1, 2);
      new MaxPooling(device).forward(x, options, y, places);
      assertThat(y.toDoubles()).containsOnly(Double.NEGATIVE_INFINITY);
      assertThat(places.toLongs()).containsExactly(-1, -1);
    }
  }

  @Test
  void partsOfArraysLeaveTheirNeighboursAlone() {
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.full(device, DType.FP32, Double.NaN, 1, 3, 6, 7);
      NdArray part = x.narrow(1, 1, 3).narrow(2, 1, 5).narrow(3, 2, 6);
      float[] values = {
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0
      };
      new Pointwise(device).copy(NdArray.of(device, values, 1, 2, 4, 4), part);
      NdArray y = NdArray.full(device, DType.FP32, 7, 1, 2, 2, 3);
      new MaxPooling(device).forward(part, PoolingOptions.of(2, 2), y.narrow(3, 1, 3), null);
      assertThat(y.toDoubles()).containsExactly(7, 6, 8, 7, 14, 16, 7, 1, 0, 7, 0, 0);
      new AveragePooling(device).backward(y.narrow(3, 1, 3), PoolingOptions.of(2, 2), part);
      assertThat(part.narrow(1, 0, 1).narrow(2, 0, 2).toDoubles())
          .containsExactly(1.5, 1.5, 2, 2, 1.5, 1.5, 2, 2);
      assertThat(x.narrow(1, 0, 1).toDoubles()).containsOnly(Double.NaN);
    }
  }

  @Test
  void gradientsOfTheDefinitionAreItsDerivatives() {
    for (Problem p : List.of(SMALL.get(2), SMALL.get(3), SMALL.get(6))) {
      PoolingReference reference = p.reference();
      double[] x = p.with(DType.FP64).x().normal(5);
      double[] dy = p.with(DType.FP64).y().normal(6);
      NumericalGradient.check(
          "dx of average",
          v -> dot(reference.average(Rounding.EXACT, v), dy),
          x,
          reference.averageGradient(Rounding.EXACT, dy));
      NumericalGradient.check(
          "dx of maximum",
          v -> dot(reference.max(v), dy),
          x,
          reference.maxGradient(Rounding.EXACT, dy, reference.places(x)));
    }
  }

  private static double dot(double[] a, double[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> a[i] * b[i]).sum();
  }

  @Test
  void refusesWhatDoesNotFit() {
    Device device = Cases.tested();
    var max = new MaxPooling(device);
    var average = new AveragePooling(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 1, 2, 4, 6);
    NdArray y = NdArray.zeros(device, DType.FP32, 1, 2, 2, 3);
    PoolingOptions halves = PoolingOptions.of(2, 2);
    refused(
        () -> max.forward(x.reshape(8, 6), halves, y, null),
        "MaxPooling: argument 'x' must have 3 to 5 axes, but is fp32[8, 6] on cpu");
    refused(
        () -> max.forward(x, halves, NdArray.zeros(device, DType.BF16, 1, 2, 2, 3), null),
        "MaxPooling: argument 'y' must have the dtype of 'x', fp32, but is bf16[1, 2, 2, 3] on"
            + " cpu");
    refused(
        () -> max.forward(x, halves, x, null),
        "MaxPooling: argument 'y' must be of 1 x 2 x 2 x 3, but is fp32[1, 2, 4, 6] on cpu");
    refused(
        () -> max.forward(x, PoolingOptions.of(1, 2), y, null),
        "MaxPooling: argument 'options' must have 2 windows or none, but has 1");
    refused(
        () -> max.forward(x, PoolingOptions.of(2, 2, 0, 0), y, null),
        "MaxPooling: argument 'options' must have sizes, strides and dilations of 1 or more, but"
            + " has PoolingWindow[size=2, stride=0, padding=0, dilation=1]");
    refused(
        () -> max.forward(x, PoolingOptions.of(2, 2, 2, 2), y, null),
        "MaxPooling: argument 'options' must have a padding of 0 to 1, but has"
            + " PoolingWindow[size=2, stride=2, padding=2, dilation=1]");
    refused(
        () -> max.forward(x, PoolingOptions.of(2, 5), y, null),
        "MaxPooling: argument 'x' must be large enough for a window along axis 2, but is"
            + " fp32[1, 2, 4, 6] on cpu");
    refused(
        () -> max.forward(x, halves, y, y),
        "MaxPooling: argument 'places' must be i32, but is fp32[1, 2, 2, 3] on cpu");
    NdArray turned = NdArray.zeros(device, DType.I32, 1, 2, 3, 2).permute(0, 1, 3, 2);
    refused(
        () -> max.forward(x, halves, y, turned),
        "MaxPooling: argument 'places' must have the strides of 'y'");
    refused(() -> max.backward(y, null, halves, x), "MaxPooling: argument 'places' must be there");
    refused(
        () -> max.forward(x, PoolingOptions.of(2, 1), x, null),
        "MaxPooling: argument 'y' must not be 'x'");
    refused(
        () -> average.forward(x, PoolingOptions.of(2, new PoolingWindow(2, 1, 0, 2)), y),
        "AveragePooling: argument 'y' must be of 1 x 2 x 2 x 4, but is fp32[1, 2, 2, 3] on cpu");
    refused(
        () ->
            average.forward(
                x.narrow(3, 0, 5), PoolingOptions.of(2, new PoolingWindow(2, 1, 0, 2)), y),
        "AveragePooling: argument 'options' must have dilations of 1, but has"
            + " PoolingWindow[size=2, stride=1, padding=0, dilation=2]");
    refused(
        () -> average.forward(x, halves.withDivisor(-1), y),
        "AveragePooling: argument 'options' must have a divisor above 0, or 0 for none, but has"
            + " -1.0");
    refused(
        () -> average.forward(x.narrow(2, 0, 0), PoolingOptions.ADAPTIVE, y),
        "AveragePooling: argument 'x' must not be empty along axis 2, but is fp32[1, 2, 0, 6] on"
            + " cpu");
  }
}
