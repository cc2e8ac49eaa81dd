package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.gpu.Ptxas;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.Measure;
import java.util.Optional;
import java.util.Set;

/**
 * What can be measured of a compiled kernel: by ptxas, by its ABI, and by the simulator's counters
 * of a launch.
 *
 * <ul>
 *   <li>{@code registers}, {@code spills} (bytes), {@code warnings}: of ptxas;
 *   <li>{@code shared_bytes}: dynamic shared memory of a block;
 *   <li>{@code lines}: of the PTX;
 *   <li>{@code bank_conflicts}: wavefronts of shared memory beyond the least;
 *   <li>{@code sectors}, {@code ideal}: of global memory, touched and least;
 *   <li>{@code instructions}: warp instructions of the launch;
 *   <li>{@code others_per_mma}: other warp instructions for each tensor core instruction in the
 *       innermost loops that have some;
 *   <li>{@code barriers}: executions of bar.sync and barrier.
 * </ul>
 *
 * @param counters empty if the kernel was only compiled
 */
record LaunchFigures(GpuKernel kernel, Target target, Optional<Counters> counters) {
  private static final Set<String> OF_PTXAS = Set.of("registers", "spills", "warnings");
  private static final Set<String> OF_TEXT = Set.of("shared_bytes", "lines");
  private static final Set<String> OF_RUN =
      Set.of("bank_conflicts", "sectors", "ideal", "instructions", "others_per_mma", "barriers");

  static void requireMeasure(String place, String name) {
    if (!OF_PTXAS.contains(name) && !OF_TEXT.contains(name) && !OF_RUN.contains(name)) {
      throw new IllegalArgumentException(place + "no measure: " + name);
    }
  }

  static boolean needsRun(String left, String right) {
    return OF_RUN.contains(left) || OF_RUN.contains(right);
  }

  /** Whether a bound can be checked on this machine. */
  static boolean isMeasurable(PtxExpectation.Bound bound) {
    return PtxasVerdicts.areAvailable()
        || !OF_PTXAS.contains(bound.left()) && !OF_PTXAS.contains(bound.right());
  }

  /** A measure, or the number itself. */
  double value(String name) {
    return switch (name) {
      case "registers" -> ptxas().registers();
      case "spills" -> Math.max(ptxas().spillStores(), ptxas().spillLoads());
      case "warnings" -> ptxas().warnings().size();
      case "shared_bytes" -> kernel.abi().sharedBytes();
      case "lines" -> kernel.ptx().lines().count();
      case "bank_conflicts" -> run().total().bankConflicts();
      case "sectors" -> run().total().get(Measure.GLOBAL_SECTORS);
      case "ideal" -> run().total().get(Measure.GLOBAL_IDEAL_SECTORS);
      case "instructions" -> run().total().get(Measure.EXECUTIONS);
      case "others_per_mma" ->
          SteadyLoops.of(kernel.ptx().lines().toList()).othersPerProduct(run());
      case "barriers" -> run().executions("bar") + run().executions("barrier");
      default -> Double.parseDouble(name);
    };
  }

  private Ptxas.Figures ptxas() {
    return PtxasVerdicts.of(kernel, target).figures();
  }

  private Counters run() {
    return counters.orElseThrow();
  }
}
