package dev.kiln.runtime.sim.program;

import dev.kiln.runtime.sim.ptx.Variable;

/** Where a device has put a module's variables. */
@FunctionalInterface
public interface Addresses {
  /** Address of a variable of global or constant memory, in its own space. */
  long of(Variable variable);
}
