package dev.kiln.ops.profile;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import java.util.List;

/**
 * A launch in the simulator.
 *
 * @param target what the PTX was made for
 * @param ptx the text that ran
 * @param counters of it, which name lines of that text and of the kernel's source
 * @param estimates for named GPUs of that target
 */
public record CountedKernel(
    String kernel, Target target, String ptx, Counters counters, List<RooflineEstimate> estimates) {
  public CountedKernel {
    estimates = List.copyOf(estimates);
  }
}
