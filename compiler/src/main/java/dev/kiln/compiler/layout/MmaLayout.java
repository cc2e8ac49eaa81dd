package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;

/**
 * Layouts of warp-wide products, {@code mma.sync} (PTX ISA, "Matrix fragments for mma"), and of
 * warpgroup products, {@code wgmma}. Tiles are {@code M x N}, {@code M x K} and {@code K x N}, with
 * a batch axis in front or without; warp {@code w} has row {@code w % warpsM} and column {@code w /
 * warpsM} of the warps; warps along N have the same left operand, those along M the same right one.
 * A batch axis is in registers.
 */
public final class MmaLayout {
  private MmaLayout() {}

  /**
   * Accumulators of all shapes {@code m16n8}: a thread holds two neighbours of a row, and those of
   * the row eight below.
   */
  public static LinearLayout accumulator(Shape shape, int warpsM, int warpsN) {
    int m = shape.rank() - 2;
    int n = m + 1;
    var builder = new LayoutBuilder(shape);
    builder.registers(n, 1).lanes(n, 2).lanes(m, 3).registers(m, 1);
    return warped(builder, m, warpsM, n, warpsN).build(outer(shape, n, m));
  }

  /**
   * The left operand.
   *
   * @param kWidth neighbours along K that a thread holds: for the order of the instruction, as many
   *     as 32 bits take (2 of fp16, 4 of int8, 1 of tf32)
   */
  public static LinearLayout operandA(Shape shape, int warpsM, int warpsN, int kWidth) {
    int m = shape.rank() - 2;
    int k = m + 1;
    var builder = new LayoutBuilder(shape);
    builder.registers(k, LinearMap.log2(kWidth)).lanes(k, 2).lanes(m, 3);
    builder.registers(m, 1).registers(k, 1);
    builder.warps(m, LinearMap.log2(warpsM));
    return repeatedWarps(builder, warpsN).build(outer(shape, k, m));
  }

  /** The right operand; see {@link #operandA}. */
  public static LinearLayout operandB(Shape shape, int warpsM, int warpsN, int kWidth) {
    int k = shape.rank() - 2;
    int n = k + 1;
    var builder = new LayoutBuilder(shape);
    builder.registers(k, LinearMap.log2(kWidth)).lanes(k, 2).lanes(n, 3);
    builder.registers(k, 1);
    repeatedWarps(builder, warpsM).warps(n, LinearMap.log2(warpsN));
    return builder.build(outer(shape, k, n));
  }

  /** Accumulators of {@code m8n8k4} of fp64. */
  public static LinearLayout accumulatorF64(Shape shape, int warpsM, int warpsN) {
    int m = shape.rank() - 2;
    int n = m + 1;
    var builder = new LayoutBuilder(shape).registers(n, 1).lanes(n, 2).lanes(m, 3);
    return warped(builder, m, warpsM, n, warpsN).build(outer(shape, n, m));
  }

  /** The left operand of {@code m8n8k4} of fp64. */
  public static LinearLayout operandAF64(Shape shape, int warpsM, int warpsN) {
    int m = shape.rank() - 2;
    int k = m + 1;
    var builder = new LayoutBuilder(shape).lanes(k, 2).lanes(m, 3);
    builder.warps(m, LinearMap.log2(warpsM));
    return repeatedWarps(builder, warpsN).build(outer(shape, k, m));
  }

  /** The right operand of {@code m8n8k4} of fp64. */
  public static LinearLayout operandBF64(Shape shape, int warpsM, int warpsN) {
    int k = shape.rank() - 2;
    int n = k + 1;
    var builder = new LayoutBuilder(shape).lanes(k, 2).lanes(n, 3);
    repeatedWarps(builder, warpsM).warps(n, LinearMap.log2(warpsN));
    return builder.build(outer(shape, k, n));
  }

  /**
   * Accumulators of {@code wgmma}, {@code m64nN}: four warps below each other as a warpgroup, each
   * with 16 rows of the instruction; register {@code i} as in the instruction's list. Warpgroups
   * along M first, then along N.
   *
   * @param warpsM a multiple of 4
   * @param instructionN columns of one instruction, a power of two from 8
   */
  public static LinearLayout warpgroupAccumulator(
      Shape shape, int warpsM, int warpsN, int instructionN) {
    int m = shape.rank() - 2;
    int n = m + 1;
    var builder = new LayoutBuilder(shape);
    builder.registers(n, 1).lanes(n, 2).lanes(m, 3).registers(m, 1);
    builder.registers(n, LinearMap.log2(instructionN) - 3);
    return warped(builder, m, warpsM, n, warpsN).build(outer(shape, n, m));
  }

  /** The left operand of {@code wgmma} in registers: that of mma with all warps along M. */
  public static LinearLayout warpgroupOperandA(Shape shape, int warpsM, int warpsN, int kWidth) {
    return operandA(shape, warpsM, warpsN, kWidth);
  }

  private static LayoutBuilder warped(LayoutBuilder builder, int m, int warpsM, int n, int warpsN) {
    return builder.warps(m, LinearMap.log2(warpsM)).warps(n, LinearMap.log2(warpsN));
  }

  private static LayoutBuilder repeatedWarps(LayoutBuilder builder, int count) {
    return builder.repeatedWarps(LinearMap.log2(count));
  }

  private static int[] outer(Shape shape, int first, int second) {
    return shape.rank() == 2 ? new int[] {first, second} : new int[] {first, second, 0};
  }
}
