package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;

/** A launch while it runs: what all its blocks share. */
public final class GridRun {
  /** Global and constant memory, and everything a generic address may mean. */
  public final AddressSpace memory;

  /** The kernel's parameters, read only. */
  public final Region parameters;

  public GridRun(AddressSpace memory, Region parameters) {
    this.memory = memory;
    this.parameters = parameters;
  }
}
