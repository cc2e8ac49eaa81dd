package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.RegisterVectors;
import dev.kiln.runtime.sim.exec.Warp;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link RegisterCopy} in vectors. */
final class VectorRegisterCopy extends RegisterCopy {
  private static final VectorSpecies<Integer> SPECIES = RegisterVectors.WORDS;

  @Override
  void load(MemorySegment from, long offset, int[] words, int index) {
    for (int i = 0; i < Warp.LANES; i += SPECIES.length()) {
      IntVector.fromMemorySegment(SPECIES, from, offset + 4L * i, ByteOrder.LITTLE_ENDIAN)
          .intoArray(words, index + i);
    }
  }

  @Override
  void store(int[] words, int index, MemorySegment to, long offset) {
    for (int i = 0; i < Warp.LANES; i += SPECIES.length()) {
      IntVector.fromArray(SPECIES, words, index + i)
          .intoMemorySegment(to, offset + 4L * i, ByteOrder.LITTLE_ENDIAN);
    }
  }
}
