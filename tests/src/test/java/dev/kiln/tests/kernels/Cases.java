package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** What kernels are tested on: devices, dtypes, sizes, random numbers. */
final class Cases {
  static final List<DType> DTYPES = List.of(DType.FP32, DType.FP16, DType.BF16);

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
