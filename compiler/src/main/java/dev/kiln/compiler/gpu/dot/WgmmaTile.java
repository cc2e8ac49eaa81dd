package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.gpu.emit.ThreadMap;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.SlotOffset;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.Arrays;
import java.util.Optional;

/**
 * A tile in shared memory as {@code wgmma} reads it (PTX ISA, "Shared memory matrix layout"):
 * panels of 128, 64 or 32 bytes along one axis, in which pieces of 16 bytes change places.
 *
 * @param width bytes of a panel
 * @param isAlongK whether the panels' rows lie along K
 */
record WgmmaTile(SharedTile tile, OperandShape operand, int width, boolean isAlongK) {
  private static final int[] WIDTHS = {128, 64, 32};

  /** Bytes of the least row. */
  static final int NARROWEST = 32;

  /** Base addresses are multiples of the pattern, 8 rows. */
  static final int ALIGNMENT = 1024;

  /** The widest panels that a tile has room for; empty if its rows are too short. */
  static Optional<SharedLayout> layout(Shape shape, DType dtype, int fast) {
    int bytes = shape.dim(fast) * dtype.bytes();
    return bytes < NARROWEST
        ? Optional.empty()
        : Optional.of(
            SharedLayout.tensorCopy(
                shape, dtype.bytes(), Math.min(WIDTHS[0], bytes), fast, 1 - fast));
  }

  /** How a tile is read; empty if {@code wgmma} cannot read it. */
  static Optional<WgmmaTile> of(SharedTile tile, OperandShape operand) {
    for (int fast : new int[] {operand.kAxis(), operand.rowAxis()}) {
      boolean isAlongK = fast == operand.kAxis();
      int bytes = operand.shape().dim(fast) * tile.dtype().bytes();
      boolean canBe = isAlongK || tile.dtype().bytes() == 2;
      if (canBe
          && tile.slot().alignment() >= ALIGNMENT
          && layout(operand.shape(), tile.dtype(), fast)
              .filter(layout -> Arrays.equals(layout.offsets(), tile.layout().offsets()))
              .isPresent()) {
        return Optional.of(new WgmmaTile(tile, operand, Math.min(WIDTHS[0], bytes), isAlongK));
      }
    }
    return Optional.empty();
  }

  /**
   * The descriptor of the part that begins at an element.
   *
   * @param threads what bits of the thread's number add to the element's index; the same in all
   *     threads of a warp
   * @param index of the element, apart from that
   */
  Operand descriptor(Emission emission, int[] threads, int index) {
    PtxBuilder ptx = emission.ptx();
    var map = new LinearMap(Arrays.stream(threads).map(tile::bytes).toArray());
    Operand start = b32(ptx, "add.s32", emission.sharedBase(), new SlotOffset(tile.slot(), 0));
    start = b32(ptx, "add.s32", start, ThreadMap.emit(ptx, emission.thread(), map));
    if (tile.offset() != null) {
      start = b32(ptx, "add.s32", start, tile.offset());
    }
    Operand encoded =
        b32(ptx, "and.b32", b32(ptx, "shr.u32", start, Immediate.b32(4)), Immediate.b32(0x3fff));
    Operand wide = ptx.emit("cvt.u64.u32", RegisterClass.B64, encoded);
    long constant = form() + (tile.bytes(index) >> 4);
    return ptx.emit("add.s64", RegisterClass.B64, wide, Immediate.b64(constant));
  }

  /** The descriptor but for the address: distances in 16 bytes, and the pattern. */
  private long form() {
    long leading = isAlongK ? 1 : panelBytes() >> 4;
    long stride = 8L * width >> 4;
    long pattern = width == 128 ? 1 : width == 64 ? 2 : 3;
    return leading << 16 | stride << 32 | pattern << 62;
  }

  private long panelBytes() {
    return (long) operand.depth() * width;
  }

  private static Operand b32(PtxBuilder ptx, String opcode, Operand a, Operand b) {
    return ptx.emit(opcode, RegisterClass.B32, a, b);
  }
}
