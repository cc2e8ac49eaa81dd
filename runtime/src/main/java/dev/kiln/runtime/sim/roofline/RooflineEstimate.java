package dev.kiln.runtime.sim.roofline;

import dev.kiln.runtime.sim.monitor.count.Counters;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * How long a launch takes at least on a GPU: as long as its busiest resource, if all of them work
 * side by side and nothing waits for anything else.
 *
 * @param bounds of all resources, the longest first
 * @param unknownProducts products of matrices for which the GPU has no known rate
 */
public record RooflineEstimate(
    GpuModel gpu,
    Counters.Launch launch,
    Occupancy occupancy,
    Waves waves,
    List<Bound> bounds,
    List<String> unknownProducts) {
  /** What the estimate takes for granted. */
  public static final List<String> ASSUMPTIONS =
      List.of(
          "All resources work side by side, at their peak rates; no latency shows.",
          "Each PTX instruction is one machine instruction, but 64-bit integers count twice; what"
              + " ptxas removes or expands (divisions, exact roots) is not known.",
          "Every sector of a request comes from L2: L1 holds nothing. Local memory stays in L1.",
          "Every distinct sector moves between L2 and DRAM once: L2 holds all, and was empty.",
          "Blocks are alike, and spread evenly over the SMs; a block's SM is not shared with other"
              + " kernels.",
          "Registers are estimated by liveness of PTX registers; ptxas may need more or fewer.",
          "Tensor cores run at their dense peak, which some architectures reach with their newest"
              + " instructions only (wgmma on sm_90, tcgen05 on sm_100).");

  /**
   * The time that a resource needs by itself.
   *
   * @param even seconds if all SMs were evenly busy
   * @param seconds with the tail: the busiest SM has more blocks than others
   */
  public record Bound(Resource resource, double even, double seconds) {}

  public RooflineEstimate {
    bounds = List.copyOf(bounds);
    unknownProducts = List.copyOf(unknownProducts);
  }

  /** Estimates a launch from its counters. */
  public static RooflineEstimate of(Counters counters, GpuModel gpu) {
    return of(counters, gpu, counters.launch().blocks(), Long.MAX_VALUE);
  }

  /**
   * Estimates a launch from the counters of some of its blocks, as if all were alike.
   *
   * @param blocks of the whole launch
   * @param reachableBytes of all memory that it can reach, of which each moves between L2 and DRAM
   *     at most once to be read and once to be written
   */
  public static RooflineEstimate of(
      Counters counters, GpuModel gpu, long blocks, long reachableBytes) {
    Counters.Launch launch = counters.launch();
    int threads = launch.shape().threads();
    Occupancy occupancy = Occupancy.of(gpu, threads, launch.registers(), launch.sharedBytes());
    Waves waves = new Waves(blocks, gpu.count(Quantity.SMS), occupancy.blocks());
    Demand demand = new Demand(counters, gpu);
    demand.scale((double) blocks / Math.max(1, launch.blocks()), reachableBytes);
    List<Bound> bounds = new ArrayList<>();
    for (Resource resource : Resource.values()) {
      double even = demand.seconds(resource);
      bounds.add(new Bound(resource, even, resource.ofSm() ? even * waves.tail() : even));
    }
    bounds.sort(Comparator.comparingDouble(Bound::seconds).reversed());
    return new RooflineEstimate(gpu, launch, occupancy, waves, bounds, demand.unknownProducts());
  }

  /** The bound that holds: no other takes longer. */
  public Bound holds() {
    return bounds.getFirst();
  }

  /** The longest bound of those that do not depend on what ptxas makes of address arithmetic. */
  public Bound firm() {
    return bounds.stream().filter(bound -> !bound.resource().rough()).findFirst().orElseThrow();
  }

  /** At least so long. */
  public double seconds() {
    return holds().seconds();
  }

  /** Which share of a resource's peak rate the launch reaches in that time, from 0 to 1. */
  public double share(Bound bound) {
    return seconds() == 0 ? 0 : bound.even() / seconds();
  }

  /** Whether a block fits into an SM. */
  public boolean fits() {
    return occupancy.blocks() > 0;
  }
}
