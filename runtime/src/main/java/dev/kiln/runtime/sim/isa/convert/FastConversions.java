package dev.kiln.runtime.sim.isa.convert;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.program.DecodeContext.Slot;
import java.util.Optional;

/** Conversions that programs use often, as straight loops. */
final class FastConversions {
  private FastConversions() {}

  static Optional<Step> of(ScalarConversion conversion, Slot target, Slot source) {
    return Optional.empty();
  }
}
