package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.provider.Arguments;

/** What kernels are tested on: devices, dtypes, sizes, random numbers. */
final class Cases {
  private static final String CPU = "cpu";

  /**
   * The device under test: the CPU, or a simulated GPU if the property {@code kiln.test.device}
   * names a target, {@code sm_80} for one.
   */
  static final String TESTED = System.getProperty("kiln.test.device", CPU);

  private static final long SIMULATED_BYTES = 1L << 30;
  private static final long MOST_NANOS = 120_000_000_000L;

  static final List<DType> DTYPES = List.of(DType.FP32, DType.FP16, DType.BF16);

  private static final List<DType> FLOATS = List.of(DType.FP32, DType.FP16, DType.BF16, DType.FP64);

  /** Sizes of elementwise kernels: empty, one, odd, around a block, several blocks. */
  private static final List<Integer> SMALL_SIZES = List.of(0, 1, 7, 33);

  private static final List<Integer> LARGE_SIZES = List.of(1000, 4096, 4097, 70_001);

  private Cases() {}

  private static final class Simulated {
    static final Device DEVICE = simulated();
  }

  /** The device under test: the CPU, or a simulated GPU. */
  static Device tested() {
    return TESTED.equals(CPU) ? Devices.cpu() : Simulated.DEVICE;
  }

  /** The device under test, and where that is the CPU the evaluator too. */
  static List<Device> devices() {
    return TESTED.equals(CPU) ? List.of(tested(), Devices.eval()) : List.of(tested());
  }

  /** {@link #TESTED} or another device, which only takes part in tests of the CPU. */
  static Device device(String name) {
    Assumptions.assumeTrue(
        TESTED.equals(CPU) || name.equals(TESTED), "other devices are tested with the CPU");
    return name.equals(TESTED) ? tested() : Devices.byName(name);
  }

  /** Runs all sanitizers; a launch fails if they find anything. */
  private static Device simulated() {
    Target target = Target.parse(TESTED).filter(Target::isGpu).orElseThrow();
    var device =
        new SimDevice(
            SimOptions.standard()
                .withTarget(target)
                .withMemory(SIMULATED_BYTES)
                .withSanitizers(EnumSet.allOf(Sanitizer.class))
                .withExecutor(ExecutorOptions.standard().withThreads(1).withLimits(0, MOST_NANOS)));
    device.listen(
        (kernel, grid, nanos) ->
            assertThat(device.lastReport().findings().text()).as(kernel).isEmpty());
    return device;
  }

  /** Device, dtype and size; large sizes on the device under test only. */
  static Stream<Arguments> elementwise() {
    return devices().stream()
        .flatMap(
            device ->
                DTYPES.stream().flatMap(dtype -> sizes(device).map(n -> named(device, dtype, n))));
  }

  private static Stream<Integer> sizes(Device device) {
    return isTested(device)
        ? Stream.concat(SMALL_SIZES.stream(), LARGE_SIZES.stream())
        : SMALL_SIZES.stream();
  }

  private static Arguments named(Device device, DType dtype, int n) {
    return Arguments.of(name(device), dtype, n);
  }

  static String name(Device device) {
    return isTested(device) ? TESTED : device.name();
  }

  /** Whether it is the device under test, for which large cases are. */
  static boolean isTested(Device device) {
    return device == tested();
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

  /** Device, float dtype and shape; large shapes on the device under test only. */
  static Stream<Arguments> shapes(List<int[]> small, List<int[]> large) {
    return eachFloat(
        (device, dtype) ->
            Stream.concat(small.stream(), isTested(device) ? large.stream() : Stream.of())
                .map(shape -> Arguments.of(name(device), dtype, shape)));
  }

  /** Device, float dtype, rows and columns; large matrices on the device under test only. */
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
                        Arguments.of(TESTED, dtype, 1, 1),
                        Arguments.of(TESTED, dtype, 0, 5),
                        Arguments.of(TESTED, dtype, 37, 65),
                        Arguments.of(TESTED, dtype, 3, 5001),
                        Arguments.of("eval", dtype, 3, 7))),
        Stream.of(Arguments.of(TESTED, DType.FP64, 5, 19)));
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
