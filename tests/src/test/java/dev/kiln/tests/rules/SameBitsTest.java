package dev.kiln.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import dev.kiln.runtime.cpu.VectorSupport;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A kernel's first launch gives the same bits for every SIMD width and every number of threads, and
 * what the evaluator gives within the error rule. {@link ForkedRulesTest} has the later launches.
 */
class SameBitsTest {
  private static final long MEMORY = 64L << 20;
  private static final List<CpuDevice> DEVICES = new ArrayList<>();

  static {
    for (int bits : new int[] {512, 256, 128, 0}) {
      if (bits <= VectorSupport.preferredBits()) {
        for (int threads = 1; threads <= 3; threads++) {
          DEVICES.add(new CpuDevice(new CpuOptions(threads, bits, false, MEMORY)));
        }
      }
    }
  }

  @AfterAll
  static void closeDevices() {
    DEVICES.forEach(CpuDevice::close);
  }

  static Stream<KernelCase> all() {
    return Stream.concat(OwnKernels.all().stream(), ShippedKernels.all().stream());
  }

  static Stream<KernelCase> own() {
    return OwnKernels.all().stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void everySimdWidthAndNumberOfThreadsGivesTheSameBits(KernelCase kernelCase) {
    List<byte[]> expected = null;
    for (CpuDevice device : DEVICES) {
      try (Trial trial = kernelCase.on(device)) {
        List<byte[]> actual = trial.run();
        expected = expected == null ? actual : expected;
        for (int i = 0; i < expected.size(); i++) {
          assertThat(actual.get(i))
              .as(
                  "array %d on %d threads of %d bits",
                  i, device.options().threads(), device.options().simdBits())
              .isEqualTo(expected.get(i));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("own")
  void resultsAreThoseOfTheEvaluatorWithinTheErrorRule(KernelCase kernelCase) {
    try (Trial actual = kernelCase.on(DEVICES.getFirst());
        Trial plain = kernelCase.on(Devices.eval());
        Trial exact = kernelCase.inDoublePrecision().on(Devices.eval())) {
      actual.launch();
      plain.launch();
      exact.launch();
      for (int i = 0; i < kernelCase.arrays().size(); i++) {
        DType dtype = kernelCase.arrays().get(i).dtype();
        String what = kernelCase.name() + ", array " + i;
        if (dtype.isInteger() || dtype == DType.FP8E4NV) {
          assertThat(actual.numbers(i)).as(what).isEqualTo(plain.numbers(i));
        } else {
          ErrorRule.check(what, dtype, actual.numbers(i), plain.numbers(i), exact.numbers(i));
        }
      }
    }
  }
}
