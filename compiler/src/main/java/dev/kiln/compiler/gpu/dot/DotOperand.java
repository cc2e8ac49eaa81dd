package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.SharedStores;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.plan.DotForm;
import dev.kiln.compiler.gpu.plan.DotForm.MmaShape;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.Optional;

/**
 * An operand of a product on tensor cores, and where it is: in registers, if it lies there as the
 * instruction wants it, or in shared memory.
 *
 * @param type what it is converted to before
 * @param registers the layout that the instruction wants of registers; {@code null} if it does not
 *     read registers
 * @param isByWarpgroup whether {@code wgmma} reads it
 */
record DotOperand(
    Value value, DType type, LinearLayout registers, OperandShape shape, boolean isByWarpgroup) {
  /** The left operand of a product; empty for products by multiply-adds. */
  static Optional<DotOperand> left(Dot dot, DotForm form) {
    return switch (form) {
      case DotForm.Mma mma ->
          Optional.of(new DotOperand(dot.a(), mma.typeA(), mma.a(), left(dot, mma.shape()), false));
      case DotForm.Wgmma wgmma ->
          Optional.of(
              new DotOperand(
                  dot.a(), wgmma.typeA(), wgmma.a(), left(dot, step(wgmma.typeA())), true));
      case DotForm.Multiply multiply -> Optional.empty();
    };
  }

  /** The right operand. */
  static Optional<DotOperand> right(Dot dot, DotForm form) {
    return switch (form) {
      case DotForm.Mma mma ->
          Optional.of(
              new DotOperand(dot.b(), mma.typeB(), mma.b(), right(dot, mma.shape()), false));
      case DotForm.Wgmma wgmma ->
          Optional.of(
              new DotOperand(dot.b(), wgmma.typeB(), null, right(dot, step(wgmma.typeB())), true));
      case DotForm.Multiply multiply -> Optional.empty();
    };
  }

  private static OperandShape left(Dot dot, MmaShape shape) {
    return new OperandShape(dot.a().shape(), dot.a().shape().rank() - 1, shape);
  }

  private static OperandShape right(Dot dot, MmaShape shape) {
    return new OperandShape(dot.b().shape(), dot.b().shape().rank() - 2, shape);
  }

  /** Warpgroups go as far along K in a step as {@code mma.sync} does. */
  private static MmaShape step(DType type) {
    return switch (type.bytes()) {
      case 1 -> MmaShape.M16N8K32;
      case 2 -> MmaShape.M16N8K16;
      default -> MmaShape.M16N8K8;
    };
  }

  // ---------------------------------------------------------------- in registers

  boolean isInRegisters(Emission emission) {
    return registers != null
        && placed(emission).isEmpty()
        && (emission.plan().isRecomputed(value)
            || emission.plan().isReadByProducts(value)
            || Operands.isInPlace(emission.plan().layout(value), registers));
  }

  OperandBlocks registerBlocks(Emission emission) {
    return new RegisterBlocks(
        emission, emission.lazy(value, registers), element -> prepared(emission, element), shape);
  }

  /** As the instruction wants a number. */
  private Operand prepared(Emission emission, Operand element) {
    Operand widened = Operands.widened(emission, element, value.dtype(), type, CastKind.FPEXT);
    // mma.sync rounds what it has read, wgmma cannot.
    return isByWarpgroup && type == DType.FP32
        ? emission.ptx().emit("cvt.rna.tf32.f32", RegisterClass.B32, widened)
        : widened;
  }

  // ---------------------------------------------------------------- in shared memory

  /** Where it lies in shared memory, to be read from there as it is. */
  Optional<SharedTile> placed(Emission emission) {
    return isAsLoaded()
        ? Optional.ofNullable(place(emission, value)).filter(this::isReadable)
        : Optional.empty();
  }

  /** Whether the instruction reads the very numbers of the tile. */
  private boolean isAsLoaded() {
    return value.dtype() == type && !(isByWarpgroup && type == DType.FP32);
  }

  private boolean isReadable(SharedTile tile) {
    return !isByWarpgroup || WgmmaTile.of(tile, shape).isPresent();
  }

  /** Where a tile lies; {@code null} if nowhere. Permuted tiles are the same memory. */
  static SharedTile place(Emission emission, Value tile) {
    SharedTile place = emission.place(tile);
    ShapeOp.Permute permute = place == null ? permute(emission, tile) : null;
    if (permute == null) {
      return place;
    }
    SharedTile from = place(emission, permute.operand());
    return from == null ? null : from.permute(permute.order());
  }

  /** What a tile is a permutation of its matrices of; {@code null} if it is none. */
  private static ShapeOp.Permute permute(Emission emission, Value tile) {
    Op definition = emission.uses().definition(tile).orElse(null);
    return definition instanceof ShapeOp.Permute permute
            && (tile.shape().rank() == 2
                || tile.shape().rank() == 3 && permute.order().getFirst() == 0)
            && !emission.plan().isRecomputed(permute.operand())
        ? permute
        : null;
  }

  /**
   * Stores it, unless it is there; what reads the same tile later in the block finds it there too.
   */
  SharedTile stored(Emission emission) {
    Optional<SharedTile> placed = placed(emission);
    if (placed.isPresent()) {
      return placed.get();
    }
    ShapeOp.Permute permute = isAsLoaded() ? permute(emission, value) : null;
    if (permute != null && emission.place(value) == null) {
      int kAxis = permute.order().get(shape.kAxis());
      var unturned =
          new DotOperand(
              permute.operand(),
              type,
              null,
              new OperandShape(permute.operand().shape(), kAxis, shape.instruction()),
              isByWarpgroup);
      return unturned.stored(emission).permute(permute.order());
    }
    SharedTile tile = store(emission);
    if (isAsLoaded() && emission.place(value) == null) {
      emission.define(value, tile);
    }
    return tile;
  }

  private SharedTile store(Emission emission) {
    LinearLayout home = emission.plan().layout(value);
    SharedLayout layout =
        isByWarpgroup ? warpgroupLayout(home) : Operands.layoutFor(home, shape, type);
    SharedSlot slot =
        emission.shared(
            (long) shape.shape().size() * type.bytes(),
            isByWarpgroup ? WgmmaTile.ALIGNMENT : Operands.LINE,
            "operand " + shape.shape() + " of a product");
    var tile = new SharedTile(slot, layout, type);
    Fragment prepared =
        Operands.mapped(emission.fragment(value, home), element -> prepared(emission, element));
    SharedStores.store(emission, prepared, tile);
    if (isByWarpgroup) {
      // What was stored becomes visible to the asynchronous proxy.
      emission.ptx().effect("fence.proxy.async.shared::cta");
    }
    return tile;
  }

  private SharedLayout warpgroupLayout(LinearLayout home) {
    boolean isAlongRows =
        type.bytes() == 2
            && home.contiguous(shape.rowAxis()) > home.contiguous(shape.kAxis())
            && shape.rows() * type.bytes() >= WgmmaTile.NARROWEST;
    return WgmmaTile.layout(shape.shape(), type, isAlongRows ? shape.rowAxis() : shape.kAxis())
        .orElseThrow();
  }

  /** Whether it may be stored ahead of the operations between it and the product. */
  boolean isWorthKeeping(Emission emission) {
    return isAsLoaded() && !isInRegisters(emission) && placed(emission).isEmpty();
  }
}
