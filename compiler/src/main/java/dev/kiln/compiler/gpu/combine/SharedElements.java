package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.SharedStores;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Node.SharedAccess;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.List;

/**
 * A tile in shared memory, row by row, each element with the bytes that it has in global memory.
 */
final class SharedElements {
  private final Emission emission;
  private final PtxBuilder ptx;
  private final Shuffles shuffles;
  private final DType dtype;
  private final SharedSlot slot;

  SharedElements(Emission emission, DType dtype, int count, String purpose) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.shuffles = new Shuffles(ptx);
    this.dtype = dtype;
    this.slot = emission.shared((long) count * dtype.bytes(), 16, purpose);
  }

  /** Writes a tile. */
  void store(Fragment tile) {
    LinearLayout layout = tile.layout();
    if (!dtype.isBool()) {
      SharedLayout rows = SharedLayout.rowMajor(layout.shape());
      SharedStores.store(emission, tile, new SharedTile(slot, rows, dtype));
      return;
    }
    Operand owner = emission.isOwner(layout);
    for (int r = 0; r < layout.registerCount(); r++) {
      if ((r & layout.freeRegisters()) == 0) {
        store(emission.coordinate(layout, -1, r), tile.registers().get(r), owner);
      }
    }
  }

  /**
   * Writes an element.
   *
   * @param index {@code .b32}
   * @param writes predicate, or {@code null}
   */
  private void store(Operand index, Operand value, Operand writes) {
    Operand held = dtype.isBool() ? shuffles.widened(value) : value;
    ptx.add(
        "st.shared.b" + 8 * dtype.bytes(),
        List.of(),
        writes == null ? null : new Guard(writes, false),
        List.of(),
        Effect.EFFECT,
        new SharedAccess(slot, true),
        address(index),
        held);
  }

  Operand load(Operand index) {
    RegisterClass held = dtype.isBool() ? RegisterClass.B32 : Elements.held(dtype);
    Register register = ptx.register(held);
    ptx.add(
        "ld.shared." + loaded(),
        List.of(register),
        null,
        List.of(),
        Effect.READ,
        new SharedAccess(slot, false),
        address(index));
    return dtype.isBool() ? shuffles.narrowed(RegisterClass.PRED, register) : register;
  }

  private String loaded() {
    return switch (dtype) {
      case I8, U8 -> "s8";
      case I16, U16 -> "s16";
      case I1, FP8E5, FP8E4NV, FP8E4B15, FP8E4B8, FP8E5B16 -> "u8";
      case FP16, BF16 -> "b16";
      case I32, U32, FP32 -> "b32";
      case I64, U64, FP64 -> "b64";
    };
  }

  private Address address(Operand index) {
    int bytes = dtype.bytes();
    if (index instanceof Immediate number) {
      return new Address(emission.sharedBase(), number.bits() * bytes, slot);
    }
    Operand offset = ptx.emit("mul.lo.s32", RegisterClass.B32, index, Immediate.b32(bytes));
    return new Address(
        ptx.emit("add.s32", RegisterClass.B32, emission.sharedBase(), offset), 0, slot);
  }
}
