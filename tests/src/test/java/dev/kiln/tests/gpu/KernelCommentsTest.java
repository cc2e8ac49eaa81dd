package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.tests.gpu.PtxExpectation.Bound;
import dev.kiln.tests.gpu.PtxExpectation.Opcode;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.KernelRecorder;
import dev.kiln.tests.rules.ShippedKernels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The PTX of the shipped kernels is what the comments in their files say. */
class KernelCommentsTest {
  private static final Path FOLDER =
      Path.of("..", "kernels", "src", "main", "resources", "dev", "kiln", "kernels");

  private static final Map<String, List<LaunchFigures>> RUNS = new HashMap<>();
  private static final Map<Target, List<CompiledKernel>> SHIPPED = new EnumMap<>(Target.class);

  static Stream<Arguments> expectations() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files
          .filter(file -> file.toString().endsWith(".py"))
          .sorted()
          .flatMap(file -> read(file).stream())
          .flatMap(
              expectation ->
                  expectation.targets().stream().map(target -> Arguments.of(target, expectation)))
          .toList()
          .stream();
    }
  }

  private static List<PtxExpectation> read(Path file) {
    try {
      return PtxExpectation.read(file.getFileName().toString(), Files.readAllLines(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest(name = "{0} {1}", allowZeroInvocations = true)
  @MethodSource("expectations")
  void ptxIsAsTheCommentSays(Target target, PtxExpectation expectation) {
    List<LaunchFigures> figures = figures(target, expectation);
    assertThat(figures).as("launches of %s", expectation.kernel()).isNotEmpty();
    for (LaunchFigures launch : figures) {
      for (PtxExpectation.Item item : expectation.items()) {
        switch (item) {
          case Bound bound -> check(launch, bound);
          case Opcode opcode -> check(launch, expectation, opcode);
        }
      }
    }
  }

  private static void check(LaunchFigures launch, Bound bound) {
    if (LaunchFigures.isMeasurable(bound)) {
      double left = launch.value(bound.left());
      double right = launch.value(bound.right());
      assertThat(bound.holds(left, right))
          .as("%s: %s is %s, %s is %s", bound, bound.left(), left, bound.right(), right)
          .isTrue();
    }
  }

  private static void check(LaunchFigures launch, PtxExpectation expectation, Opcode opcode) {
    int line = expectation.wholeKernel() ? 0 : expectation.line();
    List<String> opcodes = PtxLines.opcodes(launch.kernel().ptx(), expectation.file(), line);
    assertThat(opcodes.stream().anyMatch(opcode::matches))
        .as("%s in %s", opcode.text(), opcodes)
        .isEqualTo(!expectation.negated());
  }

  /** The launches that an expectation speaks of. */
  private static List<LaunchFigures> figures(Target target, PtxExpectation expectation) {
    List<LaunchFigures> all = new ArrayList<>();
    if (expectation.kernelCase().isPresent()) {
      all.addAll(run(expectation.kernelCase().get(), target));
    } else if (expectation.needsRun()) {
      throw new AssertionError(expectation + ": counters need the name of a case, in [brackets]");
    } else {
      for (CompiledKernel kernel : shipped(target)) {
        if (kernel.name().equals(expectation.kernel())) {
          all.add(new LaunchFigures(GpuCompiler.compile(kernel), target, Optional.empty()));
        }
      }
    }
    all.removeIf(launch -> !launch.kernel().abi().entry().equals(expectation.kernel()));
    return all;
  }

  private static List<LaunchFigures> run(String name, Target target) {
    return RUNS.computeIfAbsent(
        target + " " + name,
        key -> {
          KernelCase tuned =
              TunedCases.all().stream()
                  .filter(kernelCase -> kernelCase.name().equals(name))
                  .findFirst()
                  .orElseThrow(() -> new AssertionError("there is no tuned case '" + name + "'"));
          return CountedRun.of(tuned, target);
        });
  }

  private static List<CompiledKernel> shipped(Target target) {
    return SHIPPED.computeIfAbsent(
        target,
        key ->
            ShippedKernels.all().stream()
                .flatMap(kernelCase -> KernelRecorder.kernelsOf(kernelCase, target).stream())
                .toList());
  }
}
