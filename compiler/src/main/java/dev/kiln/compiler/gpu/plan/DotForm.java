package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.DType;
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
   * @param shape of the instruction
   * @param a the layout of the left operand's registers, in the order of the instruction: an
   *     operand that lies so already needs no shared memory
   * @param b the same of the right operand
   * @param typeA what the left operand is converted to before, which keeps every value; its own
   *     type mostly
   * @param typeB the same of the right operand
   * @param split how fp32 operands are taken apart; {@link Split#NONE} for other types
   */
  record Mma(
      MmaShape shape,
      LinearLayout accumulator,
      LinearLayout a,
      LinearLayout b,
      DType typeA,
      DType typeB,
      Split split)
      implements DotForm {}

  /**
   * Warpgroup products, {@code wgmma}; {@code b} is in shared memory, {@code a} too unless it lies
   * in registers as the instruction wants it.
   *
   * @param n columns of one instruction, a power of two from 8
   * @param a the layout of the left operand where it comes from registers
   * @param warpsN how many warpgroups lie beside each other
   * @param typeA what the left operand is converted to before, which keeps every value
   * @param typeB the same of the right operand
   */
  record Wgmma(
      LinearLayout accumulator, int n, LinearLayout a, int warpsN, DType typeA, DType typeB)
      implements DotForm {}

  /** Shapes of {@code mma.sync} (PTX ISA, "Matrix multiply-accumulate instructions"). */
  enum MmaShape {
    /** fp16 and bf16. */
    M16N8K16(16, 16, 16),
    /** tf32. */
    M16N8K8(16, 8, 32),
    /** Integers and fp8 of eight bits. */
    M16N8K32(16, 32, 8),
    /** fp64. */
    M8N8K4(8, 4, 64);

    private final int rows;
    private final int depth;
    private final int bits;

    MmaShape(int rows, int depth, int bits) {
      this.rows = rows;
      this.depth = depth;
      this.bits = bits;
    }

    /** Rows of the result. */
    public int rows() {
      return rows;
    }

    /** How many products each element of the result sums. */
    public int depth() {
      return depth;
    }

    /** Of an element of the operands. */
    public int bits() {
      return bits;
    }

    /** Neighbours along K that share a register. */
    public int kWidth() {
      return Math.max(1, 32 / bits);
    }

    /** {@code m16n8k16} */
    public String text() {
      return "m" + rows + "n8k" + depth;
    }
  }

  /**
   * Products of fp32 by several products of narrower parts, the most significant part first: {@code
   * x = high + low (+ lowest)}.
   */
  enum Split {
    /** One product. */
    NONE(1),
    /** Three products of two tf32 parts: low * high, high * low, high * high. */
    TF32X3(2),
    /** Three products of two bf16 parts. */
    BF16X3(2),
    /** Six products of three bf16 parts. */
    BF16X6(3);

    private final int parts;

    Split(int parts) {
      this.parts = parts;
    }

    /** Into how many numbers an operand is taken apart. */
    public int parts() {
      return parts;
    }

    /** Whether the parts are bf16. */
    public boolean isBf16() {
      return this == BF16X3 || this == BF16X6;
    }
  }
}
