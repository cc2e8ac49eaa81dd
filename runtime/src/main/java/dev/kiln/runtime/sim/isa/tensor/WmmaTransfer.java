package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.program.DecodeContext.AddressOperand;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** {@code wmma.load} and {@code wmma.store}: one access of the warp for each {@link Piece}. */
final class WmmaTransfer extends TensorStep {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  /**
   * What all lanes move at once.
   *
   * @param slot of the register; in {@code wides} for pieces of 8 bytes
   * @param shift where the piece lies within the register
   * @param major for each lane, index along the dimension that has a stride
   * @param minor for each lane, index along the dimension whose elements are neighbours
   */
  record Piece(int slot, int shift, int[] major, int[] minor) {}

  /**
   * The whole transfer.
   *
   * @param elementBits unit of indices and of the stride
   * @param stride slot of the stride in {@code words}; -1 without one
   * @param defaultStride where there is none
   * @param repeated pairs of slots: the first is copied to the second after a load
   */
  record Plan(
      AddressOperand address,
      MemoryOperand memory,
      int elementBits,
      int stride,
      int defaultStride,
      List<Piece> pieces,
      List<int[]> repeated) {}

  private final Plan plan;
  private final boolean stores;

  WmmaTransfer(String mnemonic, Plan plan, boolean stores) {
    super(mnemonic);
    this.plan = plan;
    this.stores = stores;
  }

  @Override
  void execute(Warp warp) {
    // Destinations may be the registers that hold address and stride.
    long[] bases = new long[32];
    long[] strides = new long[32];
    for (int lane = 0; lane < 32; lane++) {
      bases[lane] = base(warp, lane);
      strides[lane] = plan.stride() < 0 ? plan.defaultStride() : warp.words[plan.stride() + lane];
    }
    long[] addresses = new long[32];
    for (Piece piece : plan.pieces()) {
      for (int lane = 0; lane < 32; lane++) {
        long element = piece.major()[lane] * strides[lane] + piece.minor()[lane];
        addresses[lane] = bases[lane] + (element * plan.elementBits() >> 3);
      }
      warp.port.resolveAt(this, plan.memory(), Warp.FULL, addresses);
      for (int lane = 0; lane < 32; lane++) {
        if (stores) {
          write(warp, piece, lane);
        } else {
          read(warp, piece, lane);
        }
      }
    }
    if (stores) {
      warp.changes++;
    }
    for (int[] pair : plan.repeated()) {
      System.arraycopy(warp.words, pair[0], warp.words, pair[1], 32);
    }
  }

  private long base(Warp warp, int lane) {
    AddressOperand address = plan.address();
    return address.bits() > 32
        ? warp.wides[address.base() + lane] + address.offset()
        : warp.words[address.base() + lane] + address.offset() & 0xffff_ffffL;
  }

  private void read(Warp warp, Piece piece, int lane) {
    MemoryPort port = warp.port;
    if (plan.memory().bytes == 8) {
      warp.wides[piece.slot() + lane] = port.readLong(lane, 0);
      return;
    }
    MemorySegment bytes = port.bytes(lane);
    long at = port.offsets[lane];
    int value =
        switch (plan.memory().bytes) {
          case 4 -> port.readInt(lane, 0);
          case 2 -> bytes.get(SHORT, at) & 0xffff;
          default -> bytes.get(ValueLayout.JAVA_BYTE, at) & 0xff;
        };
    int to = piece.slot() + lane;
    warp.words[to] = piece.shift() == 0 ? value : warp.words[to] | value << piece.shift();
  }

  private void write(Warp warp, Piece piece, int lane) {
    MemoryPort port = warp.port;
    if (plan.memory().bytes == 8) {
      port.writeLong(lane, 0, warp.wides[piece.slot() + lane]);
      return;
    }
    int value = warp.words[piece.slot() + lane] >>> piece.shift();
    switch (plan.memory().bytes) {
      case 4 -> port.writeInt(lane, 0, value);
      case 2 -> port.bytes(lane).set(SHORT, port.offsets[lane], (short) value);
      default -> port.bytes(lane).set(ValueLayout.JAVA_BYTE, port.offsets[lane], (byte) value);
    }
  }
}
