package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.plan.TensorSource;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A tile as tensor copies move it between global and shared memory ({@code cp.async.bulk.tensor},
 * PTX ISA): box by box, since a box has at most 256 elements along an axis and one swizzled row
 * along the innermost.
 *
 * @param swizzle bytes of a swizzled row: 128, 64, 32, or 0
 * @param box extents of a box, outermost first
 */
record TensorTile(Shape shape, DType dtype, int swizzle, List<Integer> box) {
  private static final int MOST_EXTENT = 256;
  private static final int MOST_SWIZZLE = 128;
  private static final int LEAST_SWIZZLE = 32;

  private static final int LEAST_ALIGNMENT = 128;

  static TensorTile of(Shape shape, DType dtype) {
    int rank = shape.rank();
    int row = shape.dim(rank - 1) * dtype.bytes();
    int swizzle = row < LEAST_SWIZZLE ? 0 : Math.min(MOST_SWIZZLE, row);
    List<Integer> box = new ArrayList<>(Collections.nCopies(rank, 1));
    box.set(rank - 1, Math.max(swizzle, Math.min(row, LEAST_SWIZZLE)) / dtype.bytes());
    boolean isWhole = true;
    for (int axis = rank - 2; axis >= 0 && isWhole; axis--) {
      box.set(axis, Math.min(MOST_EXTENT, shape.dim(axis)));
      isWhole = shape.dim(axis) <= MOST_EXTENT;
    }
    return new TensorTile(shape, dtype, swizzle, List.copyOf(box));
  }

  /** Where copies put the elements. */
  SharedLayout layout() {
    int[] order = new int[shape.rank()];
    for (int i = 0; i < order.length; i++) {
      order[i] = order.length - 1 - i;
    }
    return SharedLayout.tensorCopy(shape, dtype.bytes(), swizzle, order);
  }

  /** What a tile's address has to be a multiple of: patterns repeat after 8 rows. */
  int alignment() {
    return Math.max(LEAST_ALIGNMENT, 8 * swizzle);
  }

  /** Bytes of the whole tile. */
  int bytes() {
    return shape.size() * dtype.bytes();
  }

  /** The map that the launcher makes. */
  KernelAbi.TensorMap map(TensorSource source) {
    return new KernelAbi.TensorMap(
        source.argument(), new KernelAbi.TensorBox(dtype, box, swizzle, false, source.numbers()));
  }

  /**
   * Copies the tile from global to shared memory.
   *
   * @param offsets of the tile's first element in the tensor, outermost first
   * @param offset from the slot's start to the tile's
   * @param barrier the mbarrier that counts the bytes
   */
  void load(
      Emission emission,
      Guard guard,
      Operand map,
      List<Value> offsets,
      SharedSlot slot,
      Operand offset,
      Address barrier) {
    Operand base = emission.ptx().emit("add.s32", RegisterClass.B32, emission.sharedBase(), offset);
    for (int[] first : boxes()) {
      add(
          emission.ptx(),
          "cp.async.bulk.tensor."
              + shape.rank()
              + "d.shared::cluster.global.tile"
              + ".mbarrier::complete_tx::bytes",
          guard,
          null,
          new Address(base, place(first), slot),
          Address.of(map, 0),
          coordinates(emission, offsets, first),
          barrier);
    }
  }

  /**
   * Copies the tile from shared to global memory. Barriers are inserted where threads depend on
   * each other.
   */
  void store(Emission emission, Guard guard, Operand map, List<Value> offsets, SharedSlot slot) {
    for (int[] first : boxes()) {
      add(
          emission.ptx(),
          "cp.async.bulk.tensor." + shape.rank() + "d.global.shared::cta.tile.bulk_group",
          guard,
          new SharedAccess(slot, false),
          Address.of(map, 0),
          coordinates(emission, offsets, first),
          new Address(emission.sharedBase(), place(first), slot));
    }
  }

  private static void add(
      PtxBuilder ptx, String opcode, Guard guard, SharedAccess access, Operand... operands) {
    ptx.add(opcode, List.of(), guard, List.of(), Effect.EFFECT, access, operands);
  }

  private long place(int[] first) {
    int[] strides = shape.rowMajorStrides();
    int index = 0;
    for (int axis = 0; axis < first.length; axis++) {
      index += first[axis] * strides[axis];
    }
    // Boxes begin with a row of the pattern; its first piece may lie elsewhere in the row.
    return (long) layout().offset(index) * dtype.bytes() & -LEAST_ALIGNMENT;
  }

  /** Innermost first. */
  private static Vector coordinates(Emission emission, List<Value> offsets, int[] first) {
    List<Operand> coordinates = new ArrayList<>();
    for (int axis = first.length - 1; axis >= 0; axis--) {
      coordinates.add(
          emission
              .ptx()
              .emit(
                  "add.s32",
                  RegisterClass.B32,
                  emission.scalar(offsets.get(axis)),
                  Immediate.b32(first[axis])));
    }
    return new Vector(coordinates);
  }

  /** The coordinates, in the tile, of the first element of each box. */
  private List<int[]> boxes() {
    List<int[]> all = new ArrayList<>();
    all.add(new int[shape.rank()]);
    for (int axis = 0; axis < shape.rank(); axis++) {
      List<int[]> next = new ArrayList<>();
      for (int[] first : all) {
        for (int at = 0; at < shape.dim(axis); at += box.get(axis)) {
          int[] moved = first.clone();
          moved[axis] = at;
          next.add(moved);
        }
      }
      all = next;
    }
    return all;
  }
}
