package dev.kiln.ops.profile;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.sim.monitor.count.Counters;
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
}
