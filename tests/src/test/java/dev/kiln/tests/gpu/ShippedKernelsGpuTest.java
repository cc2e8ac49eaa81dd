package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.gpu.Ptxas;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.OwnKernels;
import dev.kiln.tests.rules.ShippedKernels;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every kernel that the product ships, on shapes that do not divide its blocks: right in the
 * simulator with all sanitizers silent, accepted by ptxas without spills. What is not supported yet
 * stands in {@code unsupported.txt}, from which it must be taken as soon as it works.
 */
class ShippedKernelsGpuTest {
  private static final UnsupportedCases UNSUPPORTED = UnsupportedCases.read();

  static Stream<Arguments> chosen() {
    return on(Target.SM_80, Target.SM_90A);
  }

  static Stream<Arguments> others() {
    return on(Target.SM_89, Target.SM_100, Target.SM_120);
  }

  private static Stream<Arguments> on(Target... targets) {
    return Stream.of(OwnKernels.all(), ShippedKernels.all())
        .flatMap(List::stream)
        .flatMap(c -> Stream.of(targets).map(target -> Arguments.of(target, c)));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("chosen")
  void runsRightInTheSimulator(Target target, KernelCase kernelCase) {
    check(target, kernelCase);
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("others")
  @Tag("slow")
  void runsRightOnTheOtherTargets(Target target, KernelCase kernelCase) {
    check(target, kernelCase);
  }

  private static void check(Target target, KernelCase kernelCase) {
    SimulatedRun run = SimulatedRun.of(kernelCase, target);
    Optional<String> expected = UNSUPPORTED.message(target, kernelCase.name());
    if (expected.isPresent()) {
      assertThat(run.fault())
          .as("%s works on %s: take it from unsupported.txt", kernelCase, target)
          .isPresent();
      assertThat(run.fault().get()).hasMessageContaining(expected.get());
      return;
    }
    run.fault().ifPresent(ShippedKernelsGpuTest::raise);
    if (PtxasVerdicts.areAvailable()) {
      run.kernels().forEach(kernel -> assemble(kernel, target));
    }
  }

  private static void raise(Throwable fault) {
    throw new AssertionError(fault.getMessage(), fault);
  }

  private static void assemble(GpuKernel kernel, Target target) {
    Ptxas.Figures figures = PtxasVerdicts.of(kernel, target).figures();
    assertThat(figures.warnings()).as(kernel.abi().entry()).isEmpty();
    assertThat(figures.spills()).as("%s: %s", kernel.abi().entry(), figures).isFalse();
  }
}
