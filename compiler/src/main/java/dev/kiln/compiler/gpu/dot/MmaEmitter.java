package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.plan.DotForm.Mma;
import dev.kiln.compiler.gpu.plan.DotForm.Split;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A product by {@code mma.sync}. For each step along K the left operand's blocks are read, then
 * each block of the right one is read and multiplied with all of them: only one step of the left
 * operand and one block of the right one are in registers at a time.
 */
final class MmaEmitter {
  private final Emission emission;
  private final Dot dot;
  private final Mma form;
  private final OperandShape shapeA;
  private final OperandShape shapeB;
  private final MmaInstruction instruction;

  MmaEmitter(Emission emission, Dot dot, Mma form) {
    this.emission = emission;
    this.dot = dot;
    this.form = form;
    int rank = dot.result().shape().rank();
    this.shapeA = new OperandShape(dot.a().shape(), rank - 1, form.shape());
    this.shapeB = new OperandShape(dot.b().shape(), rank - 2, form.shape());
    this.instruction = MmaInstruction.of(emission.ptx(), dot, form);
  }

  Fragment emit() {
    DType result = dot.result().dtype();
    boolean isHalf = result == DType.FP16 || result == DType.BF16;
    Fragment start = emission.fragment(dot.acc(), form.accumulator());
    if (isHalf) {
      start = Operands.widened(emission, start, result, DType.FP32);
    }
    var sums = new Accumulators(start, form.shape().rows());
    OperandBlocks a = blocks(DotOperand.left(dot, form), form.a(), pairOfRows());
    int pair = shapeB.row(1) * sums.columnStep();
    OperandBlocks b = blocks(DotOperand.right(dot, form), form.b(), pair);
    Fragment end = multiply(sums, a, b).fragment();
    return isHalf ? Operands.widened(emission, end, DType.FP32, result, CastKind.FPTRUNC) : end;
  }

  /** From one row of an instruction that a thread has to its other one, if it has two. */
  private int pairOfRows() {
    return form.shape().rows() > 8 ? shapeA.row(8) : 0;
  }

  private OperandBlocks blocks(Optional<DotOperand> of, LinearLayout layout, int pair) {
    DotOperand operand = of.orElseThrow();
    if (operand.isInRegisters(emission)) {
      return operand.registerBlocks(emission);
    }
    SharedTile tile = operand.stored(emission);
    return MatrixBlocks.canRead(tile, operand.shape())
        ? MatrixBlocks.of(emission, tile, operand.shape(), layout, pair)
        : new ElementBlocks(emission, tile, operand.shape(), layout);
  }

  private Accumulators multiply(Accumulators sums, OperandBlocks a, OperandBlocks b) {
    Accumulators small = form.split() == Split.NONE ? null : sums.filled(Immediate.f32(0));
    List<Integer> steps = steps(a, b);
    for (int batch : sums.batches()) {
      for (int k : steps) {
        step(sums, small, a, b, batch, k);
      }
    }
    return small == null ? sums : instruction.sum(sums, small);
  }

  /** Steps along K; those that read through the same registers follow each other. */
  private List<Integer> steps(OperandBlocks a, OperandBlocks b) {
    List<Integer> steps = new ArrayList<>();
    for (int k = 0; k < shapeA.depth(); k += instruction.depth()) {
      steps.add(k);
    }
    steps.sort(
        Comparator.<Integer>comparingInt(k -> a.address(index(shapeA, 0, 0, k)))
            .thenComparingInt(k -> b.address(index(shapeB, 0, 0, k))));
    return steps;
  }

  private void step(
      Accumulators sums, Accumulators small, OperandBlocks a, OperandBlocks b, int batch, int k) {
    List<Integer> rows = sums.rowsOfTiles();
    var left = new ArrayList<List<List<Operand>>>();
    for (int row : rows) {
      left.add(parts(a, shapeA, batch, row, pairOfRows(), k));
    }
    int columnStep = sums.columnStep();
    for (int column : sums.columnsOfTiles()) {
      if (columnStep != 0 && (column & columnStep) != 0) {
        continue;
      }
      int pair = shapeB.row(1) * columnStep;
      List<List<Operand>> right = parts(b, shapeB, batch, column, pair, k);
      for (int half = 0; half < (columnStep == 0 ? 1 : 2); half++) {
        List<List<Operand>> words = columns(right, half);
        for (int i = 0; i < rows.size(); i++) {
          instruction.multiply(
              sums, small, batch, rows.get(i), column + half * columnStep, left.get(i), words);
        }
      }
    }
  }

  /** The parts of a block: one list of words for each. */
  private List<List<Operand>> parts(
      OperandBlocks blocks, OperandShape shape, int batch, int row, int pair, int k) {
    int first = index(shape, batch, row, k);
    List<Operand> words = new ArrayList<>(blocks.block(first, first ^ pair));
    if (form.split().isBf16()) {
      int second = index(shape, batch, row, k + form.shape().depth());
      words.addAll(blocks.block(second, second ^ pair));
    }
    return instruction.parts(words);
  }

  private static int index(OperandShape shape, int batch, int row, int k) {
    int batchStride = shape.rows() * shape.depth();
    return batch * batchStride + shape.row(1) * row + shape.k(1) * k;
  }

  /** The words of one group of columns, of a block of the right operand. */
  private List<List<Operand>> columns(List<List<Operand>> parts, int half) {
    return parts.stream()
        .map(
            words ->
                shapeB.isWhole()
                    ? List.of(words.get(half))
                    : List.of(words.get(half), words.get(half + 2)))
        .toList();
  }
}
