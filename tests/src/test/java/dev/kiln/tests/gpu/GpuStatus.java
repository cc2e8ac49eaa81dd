package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.gpu.Ptxas;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.OwnKernels;
import dev.kiln.tests.rules.ShippedKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Prints one line for each case and target: whether it runs right in the simulator, and what ptxas
 * says.
 *
 * <p>Arguments: targets, separated by commas; then words that names of cases must contain, if any.
 */
final class GpuStatus {
  private GpuStatus() {}

  public static void main(String[] arguments) {
    List<Target> targets =
        List.of(arguments.length == 0 ? new String[] {"sm_80"} : arguments[0].split(",")).stream()
            .map(label -> Target.parse(label).orElseThrow())
            .toList();
    List<KernelCase> cases = new ArrayList<>(OwnKernels.all());
    cases.addAll(ShippedKernels.all());
    Optional<Ptxas> ptxas = Ptxas.find();
    int right = 0;
    int all = 0;
    Map<String, Integer> faults = new TreeMap<>();
    for (KernelCase kernelCase : cases) {
      for (Target target : targets) {
        if (!wanted(kernelCase, arguments)) {
          continue;
        }
        long start = System.nanoTime();
        SimulatedRun run = SimulatedRun.of(kernelCase, target);
        long millis = (System.nanoTime() - start) / 1_000_000;
        all++;
        right += run.fault().isEmpty() ? 1 : 0;
        if (run.fault().isPresent()) {
          faults.merge(kindOf(run), 1, Integer::sum);
        }
        System.out.printf(
            "%-7s %-45s %6d ms  %s%s%n",
            target, kernelCase.name(), millis, run.text(), assembled(run, target, ptxas));
      }
    }
    faults.forEach((fault, times) -> System.out.printf("%4d times: %s%n", times, fault));
    System.out.printf("%d of %d right%n", right, all);
  }

  /** The message without its place and numbers. */
  private static String kindOf(SimulatedRun run) {
    return run.text()
        .replaceFirst(".*\\.py:\\d+:\\d+: ", "")
        .replaceAll("-?\\d[\\d.e-]*", "N")
        .replaceFirst(" from N.*", "");
  }

  private static boolean wanted(KernelCase kernelCase, String[] arguments) {
    for (int i = 1; i < arguments.length; i++) {
      if (kernelCase.name().contains(arguments[i])) {
        return true;
      }
    }
    return arguments.length < 2;
  }

  private static String assembled(SimulatedRun run, Target target, Optional<Ptxas> ptxas) {
    var text = new StringBuilder();
    if (ptxas.isPresent()) {
      for (var kernel : run.kernels()) {
        Ptxas.Assembly assembly = ptxas.get().assemble(kernel.ptx(), target);
        String said =
            assembly
                .figures()
                .map(figures -> figures.registers() + " registers" + remarks(figures))
                .orElseGet(() -> "ptxas: " + assembly.log().lines().findFirst().orElse(""));
        text.append("\n          ").append(kernel.abi().entry()).append(": ").append(said);
      }
    }
    return text.toString();
  }

  private static String remarks(Ptxas.Figures figures) {
    return (figures.spills() ? ", SPILLS " + figures.spillStores() : "")
        + (figures.warnings().isEmpty() ? "" : ", " + figures.warnings());
  }
}
