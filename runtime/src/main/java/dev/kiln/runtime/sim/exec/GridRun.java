package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import java.util.function.Consumer;

/** A launch while it runs: what all its blocks share. */
public final class GridRun {
  /** Global and constant memory, and everything a generic address may mean. */
  public final AddressSpace memory;

  /** The kernel's parameters, read only. */
  public final Region parameters;

  /** How floating-point matrix instructions add up; set before the first step. */
  public TensorMode tensorMode = TensorMode.ROUNDED;

  /** Grid, block and cluster, and the dynamic shared memory. */
  public final LaunchShape shape;

  /** What {@code vprintf} writes goes here, a text for each call of a thread. */
  public Consumer<String> output = System.out::print;

  /** One block of one warp. */
  public GridRun(AddressSpace memory, Region parameters) {
    this(memory, parameters, LaunchShape.of(1, Warp.LANES));
  }

  public GridRun(AddressSpace memory, Region parameters, LaunchShape shape) {
    this.memory = memory;
    this.parameters = parameters;
    this.shape = shape;
  }
}
