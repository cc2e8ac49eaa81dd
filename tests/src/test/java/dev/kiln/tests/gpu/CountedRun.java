package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.Trial;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The launches of a case on a simulated GPU, counted. */
final class CountedRun {
  private CountedRun() {}

  /** One for each launch, in order; a kernel's name is its entry's. */
  static List<LaunchFigures> of(KernelCase kernelCase, Target target) {
    Map<String, GpuKernel> kernels = new HashMap<>();
    SimOptions options =
        SimOptions.standard()
            .withTarget(target)
            .withExecutor(ExecutorOptions.standard().withThreads(1))
            .watchedBy(new LaunchCounting());
    List<LaunchFigures> launches = new ArrayList<>();
    try (var device =
        new SimDevice(
            options,
            kernel -> {
              GpuKernel compiled = GpuCompiler.compile(kernel);
              kernels.put(compiled.abi().entry(), compiled);
              return compiled;
            })) {
      device.listen(
          (name, grid, nanos) -> {
            SimReport report = device.lastReport();
            launches.add(
                new LaunchFigures(
                    kernels.get(report.kernel()), target, report.part(Counters.class)));
          });
      try (Trial trial = kernelCase.on(device)) {
        trial.launch();
      }
    }
    return launches;
  }
}
