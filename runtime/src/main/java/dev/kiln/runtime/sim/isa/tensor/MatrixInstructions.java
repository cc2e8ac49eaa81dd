package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.isa.InstructionSet;

/** The opcodes of matrix instructions. */
public final class MatrixInstructions {
  private MatrixInstructions() {}

  /** Adds them to the instruction set. */
  public static void register(InstructionSet set) {
    set.add("mma", new MmaDecoder());
    set.add("wgmma", new WgmmaDecoder());
    set.add(
        "tcgen05",
        context -> {
          throw context.unsupported("tensor memory and tcgen05 are not simulated");
        });
    set.add("wmma", new WmmaDecoder());
    set.add("ldmatrix", MatrixMoveDecoder::load);
    set.add("stmatrix", MatrixMoveDecoder::store);
    set.add("movmatrix", MatrixMoveDecoder::transpose);
  }
}
