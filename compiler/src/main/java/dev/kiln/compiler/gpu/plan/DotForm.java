package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.layout.LinearLayout;

/** How a product is computed, and with which layouts of its tiles. */
public sealed interface DotForm {
  /** Of the accumulator and the result. */
  LinearLayout accumulator();

  /** Element by element; each thread sums its own elements of the result. */
  record Multiply(LinearLayout accumulator) implements DotForm {}

  /**
   * Warp-wide tensor core instructions, {@code mma.sync}.
   *
   * @param shape {@code m16n8k16}
   * @param a the layout of the operand's registers; {@code kWidth} elements of 32 bits follow each
   *     other along K in registers
   * @param passes how many products stand for one: 1, or 3 for {@code tf32x3} and {@code bf16x3}
   */
  record Mma(String shape, LinearLayout accumulator, LinearLayout a, LinearLayout b, int passes)
      implements DotForm {}

  /**
   * Warpgroup products, {@code wgmma}; {@code b} is in shared memory.
   *
   * @param n columns of one instruction
   * @param aInRegisters whether the left operand comes from registers
   */
  record Wgmma(LinearLayout accumulator, int n, boolean aInRegisters) implements DotForm {}
}
