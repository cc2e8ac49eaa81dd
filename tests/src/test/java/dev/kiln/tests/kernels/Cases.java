package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** What kernels are tested on: devices, dtypes, sizes, random numbers. */
final class Cases {
  static final List<DType> DTYPES = List.of(DType.FP32, DType.FP16, DType.BF16);

  private static final List<DType> FLOATS = List.of(DType.FP32, DType.FP16, DType.BF16, DType.FP64);

  /** Sizes of elementwise kernels: empty, one, odd, around a block, several blocks. */
  private static final List<Integer> SMALL_SIZES = List.of(0, 1, 7, 33);

  private static final List<Integer> LARGE_SIZES = List.of(1000, 4096, 4097, 70_001);

  private Cases() {}

  static List<Device> devices() {
    return List.of(Devices.cpu(), Devices.eval());
  }

  /** Device, dtype and size; large sizes on the CPU only. */
  static Stream<Arguments> elementwise() {
    return devices().stream()
        .flatMap(
            device ->
                DTYPES.stream().flatMap(dtype -> sizes(device).map(n -> named(device, dtype, n))));
  }

  private static Stream<Integer> sizes(Device device) {
    return isCpu(device)
        ? Stream.concat(SMALL_SIZES.stream(), LARGE_SIZES.stream())
        : SMALL_SIZES.stream();
  }

  private static Arguments named(Device device, DType dtype, int n) {
    return Arguments.of(name(device), dtype, n);
  }

  static String name(Device device) {
    return device.name();
  }

  static boolean isCpu(Device device) {
    return device.name().equals("cpu");
  }

  /** Each device with each float dtype, fp64 too. */
  static Stream<Arguments> floats() {
    return eachFloat((device, dtype) -> Stream.of(Arguments.of(name(device), dtype)));
  }

  /** The cases of each device with each float dtype, fp64 too. */
  static Stream<Arguments> eachFloat(BiFunction<Device, DType, Stream<Arguments>> cases) {
    return devices().stream()
        .flatMap(device -> FLOATS.stream().flatMap(dtype -> cases.apply(device, dtype)));
  }

  /** Device, float dtype and shape; large shapes on the CPU only. */
  static Stream<Arguments> shapes(List<int[]> small, List<int[]> large) {
    return eachFloat(
        (device, dtype) ->
            Stream.concat(small.stream(), isCpu(device) ? large.stream() : Stream.of())
                .map(shape -> Arguments.of(name(device), dtype, shape)));
  }

  /** Device, float dtype, rows and columns; large matrices on the CPU only. */
  static Stream<Arguments> matrices(List<int[]> small, List<int[]> large) {
    return shapes(small, large)
        .map(
            arguments -> {
              Object[] a = arguments.get();
              int[] shape = (int[]) a[2];
              return Arguments.of(a[0], a[1], shape[0], shape[1]);
            });
  }

  /** Device, dtype, rows and columns: one, none, odd, longer than a tile; a few in fp64. */
  static Stream<Arguments> tiles() {
    return Stream.concat(
        DTYPES.stream()
            .flatMap(
                dtype ->
                    Stream.of(
                        Arguments.of("cpu", dtype, 1, 1),
                        Arguments.of("cpu", dtype, 0, 5),
                        Arguments.of("cpu", dtype, 37, 65),
                        Arguments.of("cpu", dtype, 3, 5001),
                        Arguments.of("eval", dtype, 3, 7))),
        Stream.of(Arguments.of("cpu", DType.FP64, 5, 19)));
  }

  /** Normally distributed numbers that the dtype holds. */
  static double[] normal(DType dtype, long seed, int n) {
    var random = new SplittableRandom(seed);
    double[] values = new double[n];
    for (int i = 0; i < n; i++) {
      values[i] = random.nextGaussian();
    }
    return Rounding.to(dtype).of(values);
  }

  /** An array whose content must be overwritten: NaN everywhere. */
  static NdArray unset(Device device, DType dtype, long... shape) {
    return NdArray.full(device, dtype, Double.NaN, shape);
  }
}
