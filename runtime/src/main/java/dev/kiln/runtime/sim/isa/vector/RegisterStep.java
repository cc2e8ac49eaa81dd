package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Joinable;
import dev.kiln.runtime.sim.exec.Step;
import java.util.List;

/** A step that is an operation on registers, and can be compiled with others. */
interface RegisterStep extends Joinable {
  RegisterOperation operation();

  @Override
  default boolean joins() {
    return true;
  }

  @Override
  default Step joined(List<Joinable> steps) {
    return CompiledRun.of(steps);
  }
}
