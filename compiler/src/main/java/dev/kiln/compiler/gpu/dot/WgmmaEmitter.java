package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.plan.DotForm.Wgmma;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A product by {@code wgmma} (PTX ISA, "Asynchronous warpgroup level matrix multiply-accumulate"):
 * four warps multiply 64 rows by up to 256 columns, which they read from shared memory. All
 * instructions of the product are one group, which is waited for.
 */
final class WgmmaEmitter {
  private final Emission emission;
  private final PtxBuilder ptx;
  private final Dot dot;
  private final Wgmma form;
  private final DotOperand operandA;
  private final DotOperand operandB;
  private final OperandShape shapeA;
  private final OperandShape shapeB;

  WgmmaEmitter(Emission emission, Dot dot, Wgmma form) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.dot = dot;
    this.form = form;
    this.operandA = DotOperand.left(dot, form).orElseThrow();
    this.operandB = DotOperand.right(dot, form).orElseThrow();
    this.shapeA = operandA.shape();
    this.shapeB = operandB.shape();
  }

  Fragment emit() {
    DType result = dot.result().dtype();
    boolean isHalf = result == DType.FP16 || result == DType.BF16;
    Fragment start = emission.fragment(dot.acc(), form.accumulator());
    if (isHalf) {
      start = Operands.widened(emission, start, result, DType.FP32);
    }
    var sums = new Accumulators(start, 16);
    boolean isInRegisters = operandA.isInRegisters(emission);
    WgmmaTile a = isInRegisters ? null : tile(operandA);
    WgmmaTile b = tile(operandB);
    List<SharedAccess> accesses =
        Stream.of(a, b)
            .filter(Objects::nonNull)
            .map(tile -> tile.tile().access(false))
            .filter(Objects::nonNull)
            .distinct()
            .toList();
    multiply(sums, isInRegisters ? operandA.registerBlocks(emission) : null, a, b, accesses);
    Fragment end = sums.fragment();
    return isHalf ? Operands.widened(emission, end, DType.FP32, result, CastKind.FPTRUNC) : end;
  }

  private WgmmaTile tile(DotOperand operand) {
    return WgmmaTile.of(operand.stored(emission), operand.shape()).orElseThrow();
  }

  private void multiply(
      Accumulators sums,
      OperandBlocks registers,
      WgmmaTile a,
      WgmmaTile b,
      List<SharedAccess> accesses) {
    Map<Integer, Operand> blocks = registers == null ? Map.of() : blocks(sums, registers);
    control("wgmma.fence.sync.aligned", accesses);
    int[] threadsA = threads(0, shapeA);
    int[] threadsB = threads(1, shapeB);
    for (int row : sums.rowsOfTiles()) {
      for (int column : sums.columnsOfTiles()) {
        if (column % form.n() != 0) {
          continue;
        }
        for (int k = 0; k < shapeA.depth(); k += shapeA.instruction().depth()) {
          int indexA = shapeA.row(1) * row + shapeA.k(1) * k;
          Operand left =
              registers == null ? a.descriptor(emission, threadsA, indexA) : blocks.get(indexA);
          Operand right =
              b.descriptor(emission, threadsB, shapeB.row(1) * column + shapeB.k(1) * k);
          boolean isAcrossA = a != null && !a.isAlongK();
          mma(sums, row, column, left, right, isAcrossA, !b.isAlongK());
        }
      }
    }
    ptx.effect("wgmma.commit_group.sync.aligned");
    control("wgmma.wait_group.sync.aligned", accesses, Immediate.b32(0));
  }

  /** Left operands in registers, by index: they must be complete before the fence. */
  private Map<Integer, Operand> blocks(Accumulators sums, OperandBlocks registers) {
    var blocks = new HashMap<Integer, Operand>();
    for (int row : sums.rowsOfTiles()) {
      for (int k = 0; k < shapeA.depth(); k += shapeA.instruction().depth()) {
        int index = shapeA.row(1) * row + shapeA.k(1) * k;
        blocks.put(index, new Vector(registers.block(index, index ^ shapeA.row(8))));
      }
    }
    return blocks;
  }

  /**
   * What bits of the thread's number add to the first element of a warpgroup: the four warps of one
   * share it.
   */
  private int[] threads(int axis, OperandShape operand) {
    LinearLayout layout = form.accumulator();
    int[] threads = new int[layout.lanes().length + layout.warps().length];
    for (int bit = 2; bit < layout.warps().length; bit++) {
      threads[layout.lanes().length + bit] =
          operand.row(1) * layout.coordinate(axis, layout.warps()[bit]);
    }
    return threads;
  }

  private void mma(
      Accumulators sums,
      int row,
      int column,
      Operand a,
      Operand b,
      boolean isAcrossA,
      boolean isAcrossB) {
    var before = new ArrayList<Operand>();
    for (int j = 0; j < form.n(); j += 8) {
      before.addAll(sums.get(0, row, column + j));
    }
    List<Register> after = ptx.registers(RegisterClass.B32, before.size());
    // The first instruction on zeros overwrites its registers instead of adding to them.
    boolean adds = !before.stream().allMatch(Immediate.f32(0)::equals);
    var operands = new ArrayList<Operand>(List.of(a, b, Immediate.pred(adds)));
    if (form.typeA() != DType.I8) {
      // The operands are not negated; then whether they lie across K.
      operands.add(Immediate.b32(1));
      operands.add(Immediate.b32(1));
    }
    if (form.typeA().bytes() == 2) {
      if (!(a instanceof Vector)) {
        operands.add(Immediate.b32(isAcrossA ? 1 : 0));
      }
      operands.add(Immediate.b32(isAcrossB ? 1 : 0));
    }
    ptx.add(
        opcode(),
        List.of(new Vector(List.copyOf(after))),
        null,
        adds ? before : List.of(),
        Effect.EFFECT,
        null,
        operands.toArray(Operand[]::new));
    for (int j = 0; j < form.n(); j += 8) {
      sums.set(0, row, column + j, after.subList(j / 2, j / 2 + 4));
    }
  }

  private String opcode() {
    return "wgmma.mma_async.sync.aligned.m64n%dk%d.%s.%s.%s"
        .formatted(
            form.n(),
            shapeA.instruction().depth(),
            form.typeA() == DType.I8 ? "s32" : "f32",
            MmaInstruction.type(form.typeA(), dot.signedA()),
            MmaInstruction.type(form.typeB(), dot.signedB()));
  }

  /** Stands for the accesses of all instructions of the group; further ones change nothing. */
  private void control(String opcode, List<SharedAccess> accesses, Operand... operands) {
    for (int i = 0; i < Math.max(1, accesses.size()); i++) {
      SharedAccess access = accesses.isEmpty() ? null : accesses.get(i);
      ptx.add(opcode, List.of(), null, List.of(), Effect.EFFECT, access, operands);
    }
  }
}
