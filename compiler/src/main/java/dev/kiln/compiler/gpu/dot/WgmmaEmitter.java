package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.SharedStores;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.plan.DotForm.MmaShape;
import dev.kiln.compiler.gpu.plan.DotForm.Wgmma;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
  private final OperandShape shapeA;
  private final OperandShape shapeB;

  WgmmaEmitter(Emission emission, Dot dot, Wgmma form) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.dot = dot;
    this.form = form;
    MmaShape step =
        switch (form.typeA().bytes()) {
          case 1 -> MmaShape.M16N8K32;
          case 2 -> MmaShape.M16N8K16;
          default -> MmaShape.M16N8K8;
        };
    this.shapeA = new OperandShape(dot.a().shape(), 1, step);
    this.shapeB = new OperandShape(dot.b().shape(), 0, step);
  }

  Fragment emit() {
    DType result = dot.result().dtype();
    boolean isHalf = result == DType.FP16 || result == DType.BF16;
    Fragment start = emission.fragment(dot.acc(), form.accumulator());
    if (isHalf) {
      start = Operands.widened(emission, start, result, DType.FP32);
    }
    var sums = new Accumulators(start, 16);
    List<WgmmaTile> tiles = tiles();
    WgmmaTile b = tiles.getLast();
    SharedAccess access = access(tiles);
    if (tiles.size() == 1) {
      OperandBlocks a =
          new RegisterBlocks(emission, prepared(dot.a(), form.a(), form.typeA()), shapeA);
      multiply(sums, a, null, b, access);
    } else {
      multiply(sums, null, tiles.getFirst(), b, access);
    }
    Fragment end = sums.fragment();
    return isHalf ? Operands.widened(emission, end, DType.FP32, result, CastKind.FPTRUNC) : end;
  }

  // ---------------------------------------------------------------- operands

  /** Both operands, or the right one alone if the left one stays in registers. */
  private List<WgmmaTile> tiles() {
    var values = new ArrayList<Value>();
    if (!isInRegisters()) {
      values.add(dot.a());
    }
    values.add(dot.b());
    var found = new ArrayList<Optional<WgmmaTile>>();
    for (Value value : values) {
      found.add(placed(value));
    }
    return stored(values, found);
  }

  private boolean isInRegisters() {
    return emission.place(dot.a()) == null
        && (emission.plan().isRecomputed(dot.a())
            || Operands.isInPlace(emission.plan().layout(dot.a()), form.a()));
  }

  private OperandShape shape(Value value) {
    return value == dot.a() ? shapeA : shapeB;
  }

  private DType type(Value value) {
    return value == dot.a() ? form.typeA() : form.typeB();
  }

  /** A tile that lies in shared memory already. */
  private Optional<WgmmaTile> placed(Value value) {
    SharedTile place = emission.place(value);
    return place == null || value.dtype() != type(value) || value.dtype() == DType.FP32
        ? Optional.empty()
        : WgmmaTile.of(place, shape(value));
  }

  /** Stores what is not there in one slot, so that one access stands for all. */
  private List<WgmmaTile> stored(List<Value> values, List<Optional<WgmmaTile>> found) {
    long bytes = 0;
    for (int i = 0; i < values.size(); i++) {
      bytes += found.get(i).isPresent() ? 0 : bytes(values.get(i));
    }
    SharedSlot slot =
        bytes == 0 ? null : emission.shared(bytes, WgmmaTile.ALIGNMENT, "operands of a product");
    var tiles = new ArrayList<WgmmaTile>();
    long offset = 0;
    for (int i = 0; i < values.size(); i++) {
      Value value = values.get(i);
      if (found.get(i).isPresent()) {
        tiles.add(found.get(i).get());
      } else {
        tiles.add(store(value, slot, offset));
        offset += bytes(value);
      }
    }
    if (slot != null) {
      // What was stored becomes visible to the asynchronous proxy.
      ptx.effect("fence.proxy.async.shared::cta");
    }
    return tiles;
  }

  private long bytes(Value value) {
    long bytes = (long) value.shape().size() * type(value).bytes();
    return (bytes + WgmmaTile.ALIGNMENT - 1) & -WgmmaTile.ALIGNMENT;
  }

  private WgmmaTile store(Value value, SharedSlot slot, long offset) {
    OperandShape shape = shape(value);
    DType type = type(value);
    LinearLayout home = emission.plan().layout(value);
    boolean isAlongRows =
        type.bytes() == 2
            && home.contiguous(shape.rowAxis()) > home.contiguous(shape.kAxis())
            && shape.rows() * type.bytes() >= 32;
    SharedLayout layout =
        WgmmaTile.layout(shape.shape(), type, isAlongRows ? shape.rowAxis() : shape.kAxis())
            .orElseThrow();
    Operand dynamic = offset == 0 ? null : Immediate.b32((int) offset);
    var tile = new SharedTile(slot, layout, type, dynamic, true);
    SharedStores.store(emission, prepared(value, home, type), tile);
    return WgmmaTile.of(tile, shape).orElseThrow();
  }

  private Fragment prepared(Value value, LinearLayout layout, DType type) {
    Fragment fragment =
        Operands.widened(emission, emission.fragment(value, layout), value.dtype(), type);
    return type == DType.FP32
        ? Operands.mapped(fragment, word -> ptx.emit("cvt.rna.tf32.f32", RegisterClass.B32, word))
        : fragment;
  }

  private static SharedAccess access(List<WgmmaTile> tiles) {
    return tiles.stream()
        .map(tile -> tile.tile().access(false))
        .filter(access -> access != null)
        .findFirst()
        .orElse(null);
  }

  // ---------------------------------------------------------------- products

  private void multiply(
      Accumulators sums, OperandBlocks registers, WgmmaTile a, WgmmaTile b, SharedAccess access) {
    control("wgmma.fence.sync.aligned", access);
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
              registers == null
                  ? a.descriptor(emission, threadsA, indexA)
                  : new Vector(registers.block(indexA, indexA ^ shapeA.row(8)));
          Operand right =
              b.descriptor(emission, threadsB, shapeB.row(1) * column + shapeB.k(1) * k);
          boolean isAcrossA = a != null && !a.isAlongK();
          mma(sums, row, column, left, right, isAcrossA, !b.isAlongK(), access);
        }
      }
    }
    control("wgmma.commit_group.sync.aligned", null);
    control("wgmma.wait_group.sync.aligned", access, Immediate.b32(0));
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
      boolean isAcrossB,
      SharedAccess access) {
    var before = new ArrayList<Operand>();
    for (int j = 0; j < form.n(); j += 8) {
      before.addAll(sums.get(0, row, column + j));
    }
    List<Register> after =
        Stream.generate(() -> ptx.register(RegisterClass.B32)).limit(before.size()).toList();
    var operands = new ArrayList<Operand>(List.of(a, b, Immediate.pred(true)));
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
        before,
        Effect.EFFECT,
        access,
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

  private void control(String opcode, SharedAccess access, Operand... operands) {
    ptx.add(opcode, List.of(), null, List.of(), Effect.EFFECT, access, operands);
  }
}
