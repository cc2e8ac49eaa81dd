package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.isa.InstructionSet;

/** The opcodes of matrix instructions. */
public final class TensorInstructions {
  private TensorInstructions() {}

  /** Adds them to the instruction set. */
  public static void register(InstructionSet set) {
    set.add("mma", new MmaDecoder());
  }
}
