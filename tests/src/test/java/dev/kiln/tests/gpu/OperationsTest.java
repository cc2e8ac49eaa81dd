package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.tests.rules.KernelCase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every operation of the support table runs right in the simulator and is accepted by ptxas, but
 * for those of {@code gpu-operations.txt}, of which the table's column is made. {@code
 * -Dkiln.update=true} writes that file anew, of what fails on the targets that are tried.
 */
class OperationsTest {
  private static final Path EXCEPTIONS =
      Path.of(
          "..",
          "compiler",
          "src",
          "main",
          "resources",
          "dev",
          "kiln",
          "compiler",
          "frontend",
          "ops",
          "gpu-operations.txt");

  @ParameterizedTest
  @EnumSource(names = {"SM_80", "SM_90A"})
  void operationsRunRight(Target target) throws IOException {
    check(target);
  }

  @ParameterizedTest
  @EnumSource(names = {"SM_89", "SM_100", "SM_120"})
  @Tag("slow")
  void operationsRunRightOnTheOtherTargets(Target target) throws IOException {
    check(target);
  }

  private static void check(Target target) throws IOException {
    Map<String, String> faults = new TreeMap<>();
    for (Map.Entry<String, List<KernelCase>> operation : Operations.all().entrySet()) {
      for (KernelCase use : operation.getValue()) {
        String said = verdict(use, target);
        if (!said.equals("ok")) {
          faults.put(operation.getKey(), said);
        }
      }
    }
    if (Boolean.getBoolean("kiln.update")) {
      write(faults);
    }
    assertThat(faults.keySet())
        .as("operations that fail on %s: %s", target, faults)
        .isEqualTo(Set.copyOf(exceptions()));
  }

  private static String verdict(KernelCase use, Target target) {
    SimulatedRun run = SimulatedRun.of(use, target);
    if (run.fault().isEmpty() && PtxasVerdicts.areAvailable()) {
      for (GpuKernel kernel : run.kernels()) {
        Optional<String> refusal = PtxasVerdicts.refusal(kernel, target);
        if (refusal.isPresent()) {
          return refusal.get();
        }
      }
    }
    return run.text();
  }

  private static List<String> exceptions() throws IOException {
    return Files.readAllLines(EXCEPTIONS).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split(" \\| ")[0])
        .toList();
  }

  private static void write(Map<String, String> faults) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(Files.readAllLines(EXCEPTIONS).getFirst());
    faults.keySet().forEach(operation -> lines.add(operation + " | -"));
    Files.write(EXCEPTIONS, lines);
  }
}
