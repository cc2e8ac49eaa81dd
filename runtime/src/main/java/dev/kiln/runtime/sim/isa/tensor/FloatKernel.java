package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.isa.vector.VectorForms;

/**
 * The inner loops of floating-point products. Implementations give the same bits: each element of D
 * is a chain of fused multiply-adds in ascending k.
 */
interface FloatKernel {
  /** The fastest that may be used now. */
  static FloatKernel choose() {
    return VectorForms.inUse() ? new VectorFloatKernel() : new PlainFloatKernel();
  }

  /**
   * Writes a register's elements as planes, side by side.
   *
   * @param slot first of the register's 32 lanes in {@code words}
   * @param at where the first plane begins
   */
  void unpack(Element element, int[] words, int slot, float[] planes, int at);

  /** Writes a plane into a register of fp32; a NaN becomes the canonical one, 0x7fffffff. */
  void pack(float[] planes, int at, int[] words, int slot);

  /** Adds A times B to the sums. Of each row of B, the first four values are set. */
  void multiply(Tiling tiling, Planes planes);
}
