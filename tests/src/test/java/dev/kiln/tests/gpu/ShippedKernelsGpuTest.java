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
import org.junit.jupiter.api.Assumptions;
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
    Optional<Throwable> fault = run.fault().or(() -> assemble(run, target));
    Optional<String> expected = UNSUPPORTED.message(target, kernelCase.name());
    if (expected.isEmpty()) {
      fault.ifPresent(ShippedKernelsGpuTest::raise);
      return;
    }
    Assumptions.assumeTrue(
        fault.isPresent() || PtxasVerdicts.areAvailable(), "only ptxas sees what is wrong");
    assertThat(fault)
        .as("%s works on %s: take it from unsupported.txt", kernelCase, target)
        .isPresent();
    assertThat(fault.get()).hasMessageContaining(expected.get());
  }

  private static void raise(Throwable fault) {
    throw new AssertionError(fault.getMessage(), fault);
  }

  /** What ptxas says against the kernels; empty too where it is missing. */
  private static Optional<Throwable> assemble(SimulatedRun run, Target target) {
    if (!PtxasVerdicts.areAvailable()) {
      return Optional.empty();
    }
    for (GpuKernel kernel : run.kernels()) {
      PtxasVerdicts.Verdict verdict = PtxasVerdicts.of(kernel, target);
      String entry = kernel.abi().entry();
      if (!verdict.accepted()) {
        return Optional.of(new AssertionError(entry + " is refused: " + verdict.log()));
      }
      Ptxas.Figures figures = verdict.figures();
      if (figures.spills()) {
        return Optional.of(new AssertionError(entry + " spills: " + figures));
      }
      if (!figures.warnings().isEmpty()) {
        return Optional.of(new AssertionError(entry + " is warned of: " + figures));
      }
    }
    return Optional.empty();
  }
}
