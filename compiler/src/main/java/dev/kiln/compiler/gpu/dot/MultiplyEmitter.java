package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.SharedStores;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.plan.DotForm.Multiply;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A product by multiply-adds. Both operands lie in shared memory so that the elements of one step
 * along K are neighbours, where copies have brought them if those made them so; each thread sums
 * its elements in ascending order of K, as the evaluator does.
 */
final class MultiplyEmitter {
  /** Multiply-adds that are written out; more become a loop. */
  private static final int WRITTEN_OUT = 128;

  private final Emission emission;
  private final PtxBuilder ptx;
  private final Dot dot;
  private final LinearLayout layout;
  private final DType type;

  MultiplyEmitter(Emission emission, Dot dot, Multiply form) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.dot = dot;
    this.layout = form.accumulator();
    this.type =
        switch (dot.result().dtype()) {
          case FP64 -> DType.FP64;
          case FP16, BF16, FP32 -> DType.FP32;
          default -> DType.I32;
        };
  }

  Fragment emit() {
    DType to = dot.result().dtype();
    Fragment start = cast(emission.fragment(dot.acc(), layout), to, type, true);
    int rank = layout.shape().rank();
    SharedTile a = stored(dot.a(), rank - 1, rank - 2, dot.signedA());
    SharedTile b = stored(dot.b(), rank - 2, rank - 1, dot.signedB());
    int depth = dot.a().shape().dim(rank - 1);
    int chunk = Math.max(1, Math.min(depth, WRITTEN_OUT / layout.registerCount()));
    List<Operand> sums =
        chunk == depth
            ? steps(a, b, depth, start.registers())
            : loop(a, b, depth, chunk, start.registers());
    return cast(new Fragment(layout, sums), type, to, true);
  }

  private Fragment cast(Fragment fragment, DType from, DType to, boolean isSigned) {
    CastKind kind =
        from.isFloat()
            ? from.bits() < to.bits() ? CastKind.FPEXT : CastKind.FPTRUNC
            : isSigned ? CastKind.EXTS : CastKind.EXTU;
    return Operands.widened(emission, fragment, from, to, kind);
  }

  private SharedTile stored(Value value, int kAxis, int rowAxis, boolean isSigned) {
    Shape shape = value.shape();
    int[] order = shape.rank() == 3 ? new int[] {rowAxis, kAxis, 0} : new int[] {rowAxis, kAxis};
    SharedLayout layout = SharedLayout.plain(shape, order);
    SharedTile placed = value.dtype() == type ? DotOperand.place(emission, value) : null;
    if (placed != null && placed.layout().equals(layout)) {
      return placed;
    }
    Fragment fragment = cast(emission.fragment(value), value.dtype(), type, isSigned);
    SharedSlot slot =
        emission.shared((long) shape.size() * type.bytes(), 128, "operand of a product");
    var tile = new SharedTile(slot, layout, type);
    SharedStores.store(emission, fragment, tile);
    return tile;
  }

  /** Steps along K as a loop over chunks of them. */
  private List<Operand> loop(
      SharedTile a, SharedTile b, int depth, int chunk, List<Operand> start) {
    var inits = new ArrayList<Operand>(start);
    inits.add(Immediate.b32(0));
    var types = new ArrayList<>(Collections.nCopies(start.size(), Elements.held(type)));
    types.add(RegisterClass.B32);
    var next = new ArrayList<Operand>();
    return ptx.loop(
        types,
        inits,
        carried -> {
          Operand k = carried.getLast();
          List<Operand> sums = carried.subList(0, start.size());
          next.addAll(steps(at(a, k, rowBytes(a, 2)), at(b, k, rowBytes(b, 1)), chunk, sums));
          next.add(ptx.emit("add.s32", RegisterClass.B32, k, Immediate.b32(chunk)));
          Operand stay =
              ptx.emit("setp.lt.s32", RegisterClass.PRED, next.getLast(), Immediate.b32(depth));
          return new PtxBuilder.LoopHead(stay, next.subList(0, start.size()));
        },
        carried -> next);
  }

  /** Bytes of all elements of a step along K; the rows are that far from the last axis. */
  private int rowBytes(SharedTile tile, int fromLast) {
    return tile.shape().dim(tile.shape().rank() - fromLast) * type.bytes();
  }

  private SharedTile at(SharedTile tile, Operand k, int bytes) {
    Operand offset = ptx.emit("mul.lo.s32", RegisterClass.B32, k, Immediate.b32(bytes));
    Operand sum =
        tile.offset() == null
            ? offset
            : ptx.emit("add.s32", RegisterClass.B32, tile.offset(), offset);
    return new SharedTile(tile.slot(), tile.layout(), type, sum, tile.ordered());
  }

  private List<Operand> steps(SharedTile a, SharedTile b, int count, List<Operand> start) {
    int rank = layout.shape().rank();
    var left = new StepReads(emission, a, layout, rank - 2, rank - 1);
    var right = new StepReads(emission, b, layout, rank - 1, rank - 2);
    String opcode =
        switch (type) {
          case FP64 -> "fma.rn.f64";
          case FP32 -> "fma.rn.f32";
          default -> "mad.lo.s32";
        };
    var sums = new ArrayList<>(start);
    for (int k = 0; k < count; k++) {
      left.step(k);
      right.step(k);
      for (int register = 0; register < sums.size(); register++) {
        sums.set(
            register,
            ptx.emit(
                opcode,
                Elements.held(type),
                left.element(register),
                right.element(register),
                sums.get(register)));
      }
    }
    return sums;
  }
}
