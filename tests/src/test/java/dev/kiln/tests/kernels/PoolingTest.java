package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.pooling.AveragePooling;
import dev.kiln.kernels.pooling.MaxPooling;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.PoolingWindow;
import dev.kiln.kernels.reference.PoolingReference;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
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
      return new Problem("cpu", DType.FP32, false, n, channels, size, options, null);
    }

    static Problem adaptive(int n, int channels, List<Integer> size, List<Integer> out) {
      return new Problem("cpu", DType.FP32, false, n, channels, size, PoolingOptions.ADAPTIVE, out);
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
      return Devices.byName(device);
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
            Stream.concat(SMALL.stream(), LARGE.stream())
                .flatMap(p -> Stream.of(p, p.inChannelsLast())),
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
}
