package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.Slot;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * One element of a load or a store: a register, and how its bits stand in memory.
 *
 * @param index of lane 0 in {@code words} or, if {@code wide}, in {@code wides}
 * @param bytes in memory
 * @param signed whether a wider register gets the sign
 * @param mask the bits of a register in {@code words}
 */
record Element(int index, boolean wide, int bytes, boolean signed, int mask) {
  static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Of a register; it may be wider than the type, but not narrower. */
  static Element of(DecodeContext context, Slot slot, PtxType type) {
    if (slot.bits() == 1) {
      throw context.malformed("predicates cannot be loaded or stored");
    }
    int register = slot.type().bits();
    if (register < type.bits() || type.bits() == 128 && slot.bits() != 128) {
      throw context.malformed(
          "a register of type %s is too narrow for %s".formatted(slot.type(), type));
    }
    int mask = register >= 32 ? -1 : (1 << register) - 1;
    return new Element(slot.index(), slot.bits() > 32, type.bytes(), type.isSigned(), mask);
  }

  /** Whether the register's 32 bits are the memory's. */
  boolean plainWord() {
    return !wide && bytes == 4;
  }

  void load(Warp warp, int lane, MemorySegment from, long at) {
    if (bytes == 16) {
      warp.wides[index + lane] = from.get(LONG, at);
      warp.wides[index + Warp.LANES + lane] = from.get(LONG, at + 8);
      return;
    }
    long value = signed ? signed(from, at) : unsigned(from, at);
    if (wide) {
      warp.wides[index + lane] = value;
    } else {
      warp.words[index + lane] = (int) value & mask;
    }
  }

  /** Loads for some lanes from one region; each kind has a loop of its own, for speed. */
  void load(Warp warp, int lanes, MemorySegment from, long[] offsets, int at) {
    if (plainWord()) {
      loadWords(warp.words, index, lanes, from, offsets, at);
    } else if (wide && bytes == 8) {
      loadLongs(warp.wides, index, lanes, from, offsets, at);
    } else if (!wide && bytes == 2 && !signed) {
      loadShorts(warp.words, index, lanes, from, offsets, at);
    } else {
      for (int rest = lanes; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        load(warp, lane, from, offsets[lane] + at);
      }
    }
  }

  private static void loadWords(
      int[] words, int index, int lanes, MemorySegment from, long[] offsets, int at) {
    if (lanes == Warp.FULL) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        words[index + lane] = from.get(INT, offsets[lane] + at);
      }
      return;
    }
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      words[index + lane] = from.get(INT, offsets[lane] + at);
    }
  }

  private static void loadLongs(
      long[] wides, int index, int lanes, MemorySegment from, long[] offsets, int at) {
    if (lanes == Warp.FULL) {
      for (int lane = 0; lane < Warp.LANES; lane++) {
        wides[index + lane] = from.get(LONG, offsets[lane] + at);
      }
      return;
    }
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      wides[index + lane] = from.get(LONG, offsets[lane] + at);
    }
  }

  private static void loadShorts(
      int[] words, int index, int lanes, MemorySegment from, long[] offsets, int at) {
    for (int rest = lanes; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      words[index + lane] = from.get(SHORT, offsets[lane] + at) & 0xffff;
    }
  }

  /** Gives all lanes what lane 0 has. */
  void broadcast(Warp warp) {
    if (wide) {
      Arrays.fill(warp.wides, index, index + Warp.LANES, warp.wides[index]);
      if (bytes == 16) {
        int high = index + Warp.LANES;
        Arrays.fill(warp.wides, high, high + Warp.LANES, warp.wides[high]);
      }
    } else {
      Arrays.fill(warp.words, index, index + Warp.LANES, warp.words[index]);
    }
  }

  void store(Warp warp, int lane, MemorySegment to, long at) {
    long value = wide ? warp.wides[index + lane] : warp.words[index + lane];
    switch (bytes) {
      case 1 -> to.set(ValueLayout.JAVA_BYTE, at, (byte) value);
      case 2 -> to.set(SHORT, at, (short) value);
      case 4 -> to.set(INT, at, (int) value);
      case 8 -> to.set(LONG, at, value);
      default -> {
        to.set(LONG, at, value);
        to.set(LONG, at + 8, warp.wides[index + Warp.LANES + lane]);
      }
    }
  }

  private long unsigned(MemorySegment from, long at) {
    return switch (bytes) {
      case 1 -> from.get(ValueLayout.JAVA_BYTE, at) & 0xffL;
      case 2 -> from.get(SHORT, at) & 0xffffL;
      case 4 -> from.get(INT, at) & 0xffff_ffffL;
      default -> from.get(LONG, at);
    };
  }

  private long signed(MemorySegment from, long at) {
    return switch (bytes) {
      case 1 -> from.get(ValueLayout.JAVA_BYTE, at);
      case 2 -> from.get(SHORT, at);
      case 4 -> from.get(INT, at);
      default -> from.get(LONG, at);
    };
  }
}
