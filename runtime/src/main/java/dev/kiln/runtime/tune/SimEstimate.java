package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.RooflineClock;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;

/**
 * Times of a GPU by the simulator's roofline estimate: each configuration runs once on a simulated
 * device, on copies of the arguments.
 *
 * <p>Of a large grid the first programs are run, and the estimate takes the others to be like them;
 * but not if programs ask how many there are.
 */
final class SimEstimate implements TrialTimer {
  /** Programs of a launch that are run. */
  static final int PROGRAMS = 16;

  private final GpuModel gpu;
  private final RooflineClock clock;

  SimEstimate(GpuModel gpu) {
    this.gpu = gpu;
    this.clock = new RooflineClock(gpu);
  }

  /** Trials on a simulated device of the GPU's architecture. */
  Trials trials(TuningRequest request) {
    SimOptions options = clock.in(SimOptions.standard().withTarget(gpu.target()));
    SimDevice device = new SimDevice(options.withOutput(text -> {}));
    Trials trials = request.trialsOn(device);
    return new Trials() {
      @Override
      public Trial of(TritonConfig config) {
        return trials.of(config);
      }

      @Override
      public void close() {
        trials.close();
        device.close();
      }
    };
  }

  @Override
  public double nanos(Trial trial) {
    Grid grid = trial.grid();
    Grid part = trial.runsInParts() ? part(grid) : grid;
    trial.before();
    try {
      trial.run(part);
    } finally {
      trial.after();
    }
    // Blocks, not programs: a program may be a cluster of them.
    long blocks = clock.last().launch().blocks() * grid.size() / part.size();
    RooflineEstimate estimate =
        RooflineEstimate.of(clock.last(), gpu, blocks, trial.reachableBytes());
    return estimate.fits() ? 1e9 * estimate.seconds() : Double.POSITIVE_INFINITY;
  }

  /** The first programs along x, then y, then z. */
  static Grid part(Grid grid) {
    int x = Math.min(grid.x(), PROGRAMS);
    int y = Math.min(grid.y(), PROGRAMS / x);
    int z = Math.min(grid.z(), PROGRAMS / (x * y));
    return new Grid(x, y, z);
  }
}
