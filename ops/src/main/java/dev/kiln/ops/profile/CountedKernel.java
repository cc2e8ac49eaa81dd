package dev.kiln.ops.profile;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.KernelTexts;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import java.util.List;
import java.util.Map;

/**
 * A launch in the simulator.
 *
 * @param target what the PTX was made for
 * @param ptx the text that ran
 * @param counters of it, which name lines of that text and of the kernel's source
 * @param sources the files that it was compiled from, by the names that the counters have for them
 * @param estimates for named GPUs of that target
 */
public record CountedKernel(
    String kernel,
    Target target,
    String ptx,
    Counters counters,
    Map<String, String> sources,
    List<RooflineEstimate> estimates) {
  public CountedKernel {
    sources = Map.copyOf(sources);
    estimates = List.copyOf(estimates);
  }

  /**
   * A launch of a kernel that Kiln compiled.
   *
   * @param report of a device that is watched by {@link
   *     dev.kiln.runtime.sim.monitor.count.LaunchCounting}
   * @param target of that device
   * @param gpus to estimate for; those of other targets are left out
   * @throws KilnException if the launch was not counted
   */
  public static CountedKernel of(SimReport report, Target target, List<GpuModel> gpus) {
    Counters counters =
        report
            .part(Counters.class)
            .orElseThrow(
                () ->
                    new KilnException(
                        "the launch of '%s' was not counted: make the device with"
                                .formatted(report.kernel())
                            + " SimOptions.standard().watchedBy(new LaunchCounting())"));
    return new CountedKernel(
        report.kernel(),
        target,
        report.part(GpuKernel.class).map(GpuKernel::ptx).orElse(""),
        counters,
        report.part(KernelTexts.class).map(KernelTexts::byName).orElse(Map.of()),
        gpus.stream()
            .filter(gpu -> gpu.target() == target)
            .map(gpu -> RooflineEstimate.of(counters, gpu))
            .toList());
  }
}
