package dev.kiln.runtime.sim.isa;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.program.DecodeContext;

/** Makes a step of an instruction. */
@FunctionalInterface
public interface Decoder {
  /**
   * @throws dev.kiln.runtime.sim.program.MalformedInstruction if the instruction is wrong
   * @throws dev.kiln.runtime.sim.program.UnsupportedInstruction if this form is not known
   */
  Step decode(DecodeContext context);
}
