package dev.kiln.tests.gpu;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.KernelRecorder;
import dev.kiln.tests.rules.ShippedKernels;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures how long it takes from a kernel's source to its PTX in a warm process, for every
 * specialisation that the shipped cases and the tuned ones launch: prints the median over all, and
 * those that take longest.
 *
 * <p>Arguments: a target; rounds (default: 15), of which the second half counts.
 */
final class CompileTimes {
  private static final int SHOWN = 8;
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private CompileTimes() {}

  /** One specialisation of a kernel of a module. */
  private record Work(Kernel kernel, Specialization specialization) {
    /** Nanoseconds of this thread, on a busy machine too, from the text to PTX. */
    long measure(Target target) {
      long start = THREADS.getCurrentThreadCpuTime();
      KernelModule fresh = KernelModule.resource(CompileTimes.class, "/" + kernel.module().name());
      CompiledKernel compiled = fresh.kernel(kernel.name()).compile(specialization, target);
      GpuCompiler.compile(compiled);
      return THREADS.getCurrentThreadCpuTime() - start;
    }
  }

  /** The median time of one piece of work. */
  private record Time(Work work, double millis) {}

  public static void main(String[] arguments) {
    Target target = Target.parse(arguments[0]).orElseThrow();
    int rounds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 15;
    List<Work> all = all(target);
    long[][] nanos = new long[all.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < nanos.length; i++) {
        nanos[i][round] = all.get(i).measure(target);
      }
    }
    List<Time> times = new ArrayList<>();
    for (int i = 0; i < nanos.length; i++) {
      long[] warm = Arrays.stream(nanos[i], rounds / 2, rounds).sorted().toArray();
      times.add(new Time(all.get(i), warm[warm.length / 2] / 1e6));
    }
    times.sort(Comparator.comparingDouble(Time::millis));
    System.out.printf(
        "source to PTX for %s: %d specialisations, median %.1f ms, largest %.1f ms%n",
        target, times.size(), times.get(times.size() / 2).millis(), times.getLast().millis());
    times.reversed().stream()
        .limit(SHOWN)
        .forEach(time -> System.out.printf("  %s %.1f ms%n", time.work().kernel(), time.millis()));
  }

  private static List<Work> all(Target target) {
    Map<String, Work> works = new LinkedHashMap<>();
    List<KernelCase> cases = new ArrayList<>(ShippedKernels.all());
    cases.addAll(TunedCases.all());
    for (KernelCase kernelCase : cases) {
      for (KernelVersion version : KernelRecorder.versionsOf(kernelCase, target)) {
        works.putIfAbsent(
            version.kernel() + " " + version.specialization(),
            new Work(version.kernel(), version.specialization()));
      }
    }
    return List.copyOf(works.values());
  }
}
