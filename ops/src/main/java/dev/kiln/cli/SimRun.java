package dev.kiln.cli;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import java.util.EnumSet;
import java.util.Optional;
import java.util.function.Consumer;

/** The simulated GPU of {@code kiln run}, and what it tells of the launches. */
final class SimRun implements AutoCloseable {
  private final SimDevice device;
  private final SimCounting counting;
  private SimReports reports;

  /**
   * @param sanitize whether all sanitizers watch
   * @param counting what to show of counters
   * @param counted whether launches are counted even if nothing of that is shown
   * @param output what the kernel prints
   */
  SimRun(
      Target target,
      boolean sanitize,
      SimCounting counting,
      boolean counted,
      Consumer<String> output) {
    this.counting = counting;
    SimOptions options = SimOptions.standard().withTarget(target).withOutput(output);
    if (sanitize) {
      options = options.withSanitizers(EnumSet.allOf(Sanitizer.class));
    }
    if (counted || counting.counts()) {
      options = options.watchedBy(new LaunchCounting());
    }
    this.device = new SimDevice(options, this::compile);
  }

  private GpuKernel compile(CompiledKernel kernel) {
    GpuKernel compiled = GpuCompiler.compile(kernel);
    reports =
        new SimReports(
            SimDevice.fileName(kernel.name()), compiled.ptx().lines().toList(), counting);
    return compiled;
  }

  SimDevice device() {
    return device;
  }

  /** What the simulator tells; there is nothing before the kernel was compiled. */
  SimReports reports() {
    return reports;
  }

  /** Launches; a fault is told by {@link #reports}. */
  void launch(Launch launch) {
    try {
      launch.launch();
      Optional.ofNullable(device.lastReport()).ifPresent(reports::add);
    } catch (SimFault fault) {
      reports.stopped(fault, Optional.ofNullable(device.lastReport()));
    }
  }

  @Override
  public void close() {
    device.close();
  }
}
