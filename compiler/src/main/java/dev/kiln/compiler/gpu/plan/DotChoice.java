package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.plan.DotForm.Mma;
import dev.kiln.compiler.gpu.plan.DotForm.MmaShape;
import dev.kiln.compiler.gpu.plan.DotForm.Multiply;
import dev.kiln.compiler.gpu.plan.DotForm.Split;
import dev.kiln.compiler.gpu.plan.DotForm.Wgmma;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.ComputeOp.Precision;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.MmaLayout;
import java.util.Optional;

/**
 * Chooses the form of each product: tensor cores where an instruction has the types, by warps that
 * share the tile out among them; multiply-adds for the rest.
 *
 * <p>Warps share a product in both directions, so that each reads as little of the operands as
 * possible; but where one product feeds another they all lie along M, so that what the first sums
 * stays in the warp that needs it (as in {@code warpsPerTileV2} of Triton).
 */
public final class DotChoice {
  private static final int WARPGROUP = 4;
  private static final int ROWS_OF_WARPGROUP = 64;

  /** Of one {@code wgmma}. */
  private static final int MOST_COLUMNS = 256;

  private final int warps;
  private final GpuTarget target;
  private final DotChains chains;

  /**
   * @param warps of a block, a power of two
   * @param uses of the whole function
   */
  public DotChoice(int warps, GpuTarget target, Uses uses) {
    this.warps = warps;
    this.target = target;
    this.chains = new DotChains(uses);
  }

  /** The form of a product. */
  public DotForm choose(Dot dot) {
    Optional<Instruction> instruction = instruction(dot);
    Shape shape = dot.result().shape();
    int depth = dot.a().shape().dim(shape.rank() - 1);
    if (instruction.isEmpty() || depth < instruction.get().depth()) {
      return new Multiply(MultiplyLayout.of(shape, warps));
    }
    return isByWarpgroups(dot, instruction.get())
        ? wgmma(dot, instruction.get())
        : mma(dot, instruction.get());
  }

  // ---------------------------------------------------------------- wgmma

  /** A warpgroup multiplies 64 rows by 32 bytes along K at a time. */
  private boolean isByWarpgroups(Dot dot, Instruction instruction) {
    Shape shape = dot.result().shape();
    int depth = dot.a().shape().dim(shape.rank() - 1);
    return target.hasWgmma()
        && shape.rank() == 2
        && warps % WARPGROUP == 0
        && shape.dim(0) >= ROWS_OF_WARPGROUP
        && shape.dim(1) >= 8 * warpgroupGrid(dot).n()
        && depth * instruction.a().bytes() >= 32
        && instruction.split() == Split.NONE
        && instruction.shape() != MmaShape.M8N8K4;
  }

  /** Warpgroups lie below each other as long as there are rows for them. */
  private WarpGrid warpgroupGrid(Dot dot) {
    int m = Math.min(warps, dot.result().shape().dim(0) / 16);
    return new WarpGrid(m, warps / m);
  }

  private DotForm wgmma(Dot dot, Instruction instruction) {
    Shape result = dot.result().shape();
    WarpGrid grid = warpgroupGrid(dot);
    int n = Math.min(MOST_COLUMNS, result.dim(1) / grid.n());
    int kWidth = instruction.shape().kWidth();
    return new Wgmma(
        MmaLayout.warpgroupAccumulator(result, grid.m(), grid.n(), n),
        n,
        MmaLayout.warpgroupOperandA(dot.a().shape(), grid.m(), grid.n(), kWidth),
        grid.n(),
        instruction.a(),
        instruction.b());
  }

  // ---------------------------------------------------------------- mma

  /** What an instruction multiplies. */
  private record Instruction(MmaShape shape, DType a, DType b, Split split) {
    Instruction(MmaShape shape, DType a, DType b) {
      this(shape, a, b, Split.NONE);
    }

    int depth() {
      return split.isBf16() ? 16 : shape.depth();
    }
  }

  private Optional<Instruction> instruction(Dot dot) {
    DType a = dot.a().dtype();
    DType b = dot.b().dtype();
    DType to = dot.result().dtype();
    if (a == DType.I8 && b == DType.I8 && to == DType.I32) {
      return Optional.of(new Instruction(MmaShape.M16N8K32, a, b));
    }
    if (a == DType.FP64 && b == DType.FP64 && to == DType.FP64) {
      return Optional.of(new Instruction(MmaShape.M8N8K4, a, b));
    }
    if (!a.isFloat() || !b.isFloat() || to != DType.FP32 && to != DType.FP16 && to != DType.BF16) {
      return Optional.empty();
    }
    if (a.isFp8() && b.isFp8()) {
      return Optional.of(fp8(a, b));
    }
    if (a == b && (a == DType.FP16 || a == DType.BF16)) {
      return Optional.of(new Instruction(MmaShape.M16N8K16, a, b));
    }
    return a == DType.FP32 && b == DType.FP32 ? fp32(dot.precision()) : Optional.empty();
  }

  /** fp16 holds all numbers of every fp8 type. */
  private Instruction fp8(DType a, DType b) {
    return target.hasFp8() && isMultiplied(a) && isMultiplied(b)
        ? new Instruction(MmaShape.M16N8K32, a, b)
        : new Instruction(MmaShape.M16N8K16, DType.FP16, DType.FP16);
  }

  private static boolean isMultiplied(DType fp8) {
    return fp8 == DType.FP8E4NV || fp8 == DType.FP8E5;
  }

  private static Optional<Instruction> fp32(Precision precision) {
    return switch (precision) {
      case IEEE -> Optional.empty();
      case TF32 -> fp32(Split.NONE);
      case TF32X3 -> fp32(Split.TF32X3);
      case BF16X3 -> fp32(Split.BF16X3);
      case BF16X6 -> fp32(Split.BF16X6);
    };
  }

  private static Optional<Instruction> fp32(Split split) {
    return Optional.of(new Instruction(MmaShape.M16N8K8, DType.FP32, DType.FP32, split));
  }

  private Mma mma(Dot dot, Instruction instruction) {
    MmaShape shape = instruction.shape();
    Shape result = dot.result().shape();
    WarpGrid grid = grid(dot, shape.rows());
    int m = grid.m();
    int n = grid.n();
    LinearLayout accumulator;
    LinearLayout a;
    LinearLayout b;
    if (shape == MmaShape.M8N8K4) {
      accumulator = MmaLayout.accumulatorF64(result, m, n);
      a = MmaLayout.operandAF64(dot.a().shape(), m, n);
      b = MmaLayout.operandBF64(dot.b().shape(), m, n);
    } else {
      accumulator = MmaLayout.accumulator(result, m, n);
      a = MmaLayout.operandA(dot.a().shape(), m, n, shape.kWidth());
      b = MmaLayout.operandB(dot.b().shape(), m, n, shape.kWidth());
    }
    return new Mma(
        shape,
        accumulator.withoutRepeatedRegisters(),
        a.withoutRepeatedRegisters(),
        b.withoutRepeatedRegisters(),
        instruction.a(),
        instruction.b(),
        instruction.split());
  }

  /** How many warps lie along each direction of a result. */
  record WarpGrid(int m, int n) {}

  private WarpGrid grid(Dot dot, int rows) {
    Shape shape = dot.result().shape();
    int tilesM = Math.max(1, shape.dim(shape.rank() - 2) / rows);
    int tilesN = Math.max(1, shape.dim(shape.rank() - 1) / 8);
    if (chains.isChained(dot)) {
      int m = Math.min(warps, tilesM);
      return new WarpGrid(m, warps / m);
    }
    return balanced(warps, tilesM, tilesN);
  }

  /** Instructions are twice as high as wide: half as many of them make a square. */
  static WarpGrid balanced(int warps, int tilesM, int tilesN) {
    int m = 1;
    int n = 1;
    while (m * n < warps) {
      if (m < tilesM && tilesM / m >= tilesN / (2 * n)) {
        m *= 2;
      } else {
        n *= 2;
      }
    }
    return new WarpGrid(m, n);
  }
}
