package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.tests.rules.HostArray;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.Trial;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels of {@code inline_asm.py}, which bring PTX of their own. */
class InlineAssemblyTest {
  private static final KernelModule MODULE = KernelModule.of("inline_asm.py", text());
  private static final int PARAMETERS = 8;
  private static final int OUT = 5;

  private static String text() {
    try (var in = InlineAssemblyTest.class.getResourceAsStream("inline_asm.py")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Every kernel, for the targets that have its instructions. */
  static Stream<Arguments> kernels() {
    return MODULE.functionNames().stream()
        .filter(name -> MODULE.kernel(name).parameters().size() == PARAMETERS)
        .flatMap(
            name ->
                Stream.of(Target.SM_80, Target.SM_90A, Target.SM_100)
                    .filter(
                        target -> target.label().compareTo(least(name)) >= 0 || isNewest(target))
                    .map(target -> Arguments.of(name, target)));
  }

  private static boolean isNewest(Target target) {
    return target == Target.SM_100;
  }

  private static String least(String name) {
    return name.endsWith("_sm_100") ? "sm_99" : name.endsWith("_sm_89") ? "sm_89" : "sm_80";
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("kernels")
  void givesWhatItShould(String name, Target target) {
    // With 32 elements on 4 warps threads hold fewer elements than a group has.
    for (int[] size : new int[][] {{32, 4}, {256, 1}, {1024, 2}}) {
      check(MODULE.kernel(name), target, size[0], size[1]);
    }
  }

  private static void check(Kernel kernel, Target target, int size, int warps) {
    HostArray[] arrays = {
      HostArray.normal(1, size),
      HostArray.normal(2, size),
      HostArray.integers(DType.I32, 3, -30000, 30000, size),
      HostArray.integers(DType.I32, 4, -30000, 30000, size),
      HostArray.integers(DType.I8, 5, -128, 128, size),
      HostArray.unwritten(DType.FP64, size),
      HostArray.zeros(DType.FP64, size)
    };
    var kernelCase =
        new KernelCase(
            kernel.name(),
            List.of(arrays),
            (device, bound) -> {
              var launch = kernel.on(device).options(CompileOptions.DEFAULT.withNumWarps(warps));
              for (int i = 0; i < arrays.length; i++) {
                launch.arg(kernel.parameters().get(i).name(), bound.get(i));
              }
              launch.arg("N", size);
              return () -> launch.launch(1, 1, 1);
            });
    try (SimDevice device = device(target);
        Trial trial = kernelCase.on(device)) {
      trial.launch();
      double tolerance = kernel.name().endsWith("_approx") ? 1e-3 : 0;
      assertThat(trial.numbers(OUT))
          .usingComparatorWithPrecision(tolerance)
          .containsExactly(trial.numbers(OUT + 1));
    }
  }

  private static SimDevice device(Target target) {
    return new SimDevice(
        SimOptions.standard().withTarget(target).withMemory(1 << 20),
        kernel -> {
          GpuKernel compiled = GpuCompiler.compile(kernel);
          if (PtxasVerdicts.areAvailable()) {
            PtxasVerdicts.Verdict verdict = PtxasVerdicts.of(compiled, target);
            assertThat(verdict.accepted()).as(() -> verdict.log() + compiled.ptx()).isTrue();
          }
          return compiled;
        });
  }
}
