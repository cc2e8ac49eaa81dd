package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.foreign.MemorySegment;

/** {@link RegisterCopy} lane by lane. */
final class PlainRegisterCopy extends RegisterCopy {
  @Override
  void load(MemorySegment from, long offset, int[] words, int index) {
    MemorySegment.copy(from, Element.INT, offset, words, index, Warp.LANES);
  }

  @Override
  void store(int[] words, int index, MemorySegment to, long offset) {
    MemorySegment.copy(words, index, to, Element.INT, offset, Warp.LANES);
  }
}
