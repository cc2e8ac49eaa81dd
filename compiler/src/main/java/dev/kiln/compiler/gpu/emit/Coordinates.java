package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;

/** Which element a register holds, as arithmetic on the thread's number. */
final class Coordinates {
  private final PtxBuilder ptx;
  private final Operand thread;

  Coordinates(PtxBuilder ptx, Operand thread) {
    this.ptx = ptx;
    this.thread = thread;
  }

  /**
   * A coordinate along an axis, or the row-major index for axis -1: what the thread gives, plus a
   * number.
   */
  Operand coordinate(LinearLayout layout, int axis, int register) {
    int shift = axis < 0 ? 0 : layout.axisShift(axis);
    int extent = axis < 0 ? layout.shape().size() : layout.shape().dim(axis);
    int[] bases = threadBases(layout);
    int reached = 0;
    for (int bit = 0; bit < bases.length; bit++) {
      bases[bit] = bases[bit] >> shift & extent - 1;
      reached |= bases[bit];
    }
    Operand ofThread = ofThread(bases);
    int ofRegister = layout.registerIndex(register) >> shift & extent - 1;
    String combine = (reached & ofRegister) == 0 ? "add.s32" : "xor.b32";
    return ofRegister == 0 ? ofThread : emit(combine, ofThread, Immediate.b32(ofRegister));
  }

  /** What each bit of the thread's number gives: those of the lane, then those of the warp. */
  static int[] threadBases(LinearLayout layout) {
    int[] bases = new int[layout.lanes().length + layout.warps().length];
    System.arraycopy(layout.lanes(), 0, bases, 0, layout.lanes().length);
    System.arraycopy(layout.warps(), 0, bases, layout.lanes().length, layout.warps().length);
    return bases;
  }

  /** The exclusive or of the bases of the thread's bits. */
  private Operand ofThread(int[] bases) {
    Operand sum = Immediate.b32(0);
    int reached = 0;
    for (int bit = 0; bit < bases.length; ) {
      int length = run(bases, bit);
      int image = 0;
      for (int i = bit; i < bit + length; i++) {
        image |= bases[i];
      }
      if (image != 0) {
        Operand part = part(bit, length, bases[bit], bit + length == bases.length);
        sum = emit((reached & image) == 0 ? "add.s32" : "xor.b32", sum, part);
        reached |= image;
      }
      bit += length;
    }
    return sum;
  }

  /** How many bits from this on map to single bits in a row, or to nothing. */
  private static int run(int[] bases, int from) {
    int length = 1;
    boolean single = Integer.bitCount(bases[from]) == 1;
    while (from + length < bases.length
        && (single || bases[from] == 0)
        && bases[from + length] == bases[from] << length) {
      length++;
    }
    return length;
  }

  /** Bits of the thread's number, moved to where their image lies. */
  private Operand part(int bit, int length, int base, boolean reachesEnd) {
    if (Integer.bitCount(base) != 1) {
      Operand one = emit("and.b32", emit("shr.u32", thread, Immediate.b32(bit)), Immediate.b32(1));
      return emit("mul.lo.s32", one, Immediate.b32(base));
    }
    int mask = (1 << length) - 1 << bit;
    boolean isAll = bit == 0 && reachesEnd;
    int shift = Integer.numberOfTrailingZeros(base) - bit;
    if (shift < 0 && reachesEnd && -shift == bit) {
      return emit("shr.u32", thread, Immediate.b32(bit));
    }
    Operand masked = isAll ? thread : emit("and.b32", thread, Immediate.b32(mask));
    return shift == 0
        ? masked
        : shift > 0
            ? emit("shl.b32", masked, Immediate.b32(shift))
            : emit("shr.u32", masked, Immediate.b32(-shift));
  }

  private Operand emit(String opcode, Operand a, Operand b) {
    if (opcode.equals("add.s32") && a instanceof Immediate number && number.bits() == 0) {
      return b;
    }
    return ptx.emit(opcode, RegisterClass.B32, a, b);
  }

  /** A bit of the row-major index, as far as the thread gives it; a predicate. */
  Operand threadBit(LinearLayout layout, int bit) {
    int[] bases = threadBases(layout);
    int mask = 0;
    for (int i = 0; i < bases.length; i++) {
      mask |= (bases[i] >> bit & 1) << i;
    }
    Operand bits = emit("and.b32", thread, Immediate.b32(mask));
    Operand parity =
        Integer.bitCount(mask) == 1
            ? bits
            : emit("and.b32", ptx.emit("popc.b32", RegisterClass.B32, bits), Immediate.b32(1));
    return ptx.emit("setp.ne.s32", RegisterClass.PRED, parity, Immediate.b32(0));
  }

  /** Whether some thread bit changes a bit of the row-major index. */
  static boolean threadsReach(LinearLayout layout, int bits) {
    int reached = 0;
    for (int base : threadBases(layout)) {
      reached |= base;
    }
    return (reached & bits) != 0;
  }

  /** See {@link Emission#isOwner}. */
  Operand isOwner(LinearLayout layout) {
    int redundant = layout.freeLanes() | layout.freeWarps() << layout.lanes().length;
    if (redundant == 0) {
      return null;
    }
    Operand bits = emit("and.b32", thread, Immediate.b32(redundant));
    return ptx.emit("setp.eq.s32", RegisterClass.PRED, bits, Immediate.b32(0));
  }
}
