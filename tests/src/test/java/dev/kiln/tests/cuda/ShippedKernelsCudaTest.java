package dev.kiln.tests.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.cuda.CudaDevice;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaOptions;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.tests.cuda.driver.NativeDriver;
import dev.kiln.tests.gpu.SimulatedRun;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.OwnKernels;
import dev.kiln.tests.rules.ShippedKernels;
import dev.kiln.tests.rules.Trial;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kernel that the product ships, launched through the driver: the bits of the simulator,
 * which runs the same PTX without it; on a real GPU, what the evaluator gives within the error
 * rule.
 */
@CudaTest(gpus = {Target.SM_80, Target.SM_90A})
class ShippedKernelsCudaTest {
  /** The quick build takes one case of so many. */
  private static final int SAMPLE = 18;

  static Stream<KernelCase> all() {
    return Stream.concat(OwnKernels.all().stream(), ShippedKernels.all().stream());
  }

  static Stream<KernelCase> sample() {
    List<KernelCase> all = all().toList();
    List<KernelCase> chosen = new ArrayList<>();
    for (int i = 0; i < all.size(); i += SAMPLE) {
      chosen.add(all.get(i));
    }
    return chosen.stream();
  }

  static Stream<KernelCase> forAmpere() {
    return all().filter(kernelCase -> !kernelCase.name().equals("conversions"));
  }

  @ParameterizedTest
  @MethodSource("sample")
  void aSampleRunsRight(KernelCase kernelCase) {
    check(kernelCase, 0);
  }

  @ParameterizedTest
  @MethodSource("forAmpere")
  @Tag("slow")
  void allRunRight(KernelCase kernelCase) {
    check(kernelCase, 0);
  }

  @ParameterizedTest
  @MethodSource("all")
  @Tag("slow")
  void allRunRightWithTensorMapsAndClusters(KernelCase kernelCase) {
    Assumptions.assumeFalse(NativeDriver.isReal(), "one GPU is enough");
    check(kernelCase, 1);
  }

  private static void check(KernelCase kernelCase, int gpu) {
    try (CudaDevice device = CudaDriver.load().open(gpu, CudaOptions.fromEnvironment());
        Trial trial = kernelCase.on(device)) {
      if (NativeDriver.isReal()) {
        trial.launch();
        SimulatedRun.compare(kernelCase, device.target(), trial);
        return;
      }
      List<byte[]> actual = trial.run();
      List<byte[]> expected = simulated(kernelCase, device.target());
      for (int i = 0; i < expected.size(); i++) {
        assertThat(actual.get(i)).as("array %d", i).isEqualTo(expected.get(i));
      }
    }
  }

  private static List<byte[]> simulated(KernelCase kernelCase, Target target) {
    try (SimDevice sim = new SimDevice(SimOptions.standard().withTarget(target));
        Trial trial = kernelCase.on(sim)) {
      return trial.run();
    }
  }
}
