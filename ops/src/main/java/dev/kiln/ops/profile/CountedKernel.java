package dev.kiln.ops.profile;

import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import java.util.List;

/**
 * A launch in the simulator.
 *
 * @param ptx the text that it ran
 * @param counters of it, which name lines of that text and of the kernel's source
 * @param estimates for named GPUs
 */
public record CountedKernel(
    String kernel, String ptx, Counters counters, List<RooflineEstimate> estimates) {
  public CountedKernel {
    estimates = List.copyOf(estimates);
  }
}
