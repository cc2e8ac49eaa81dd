package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.RegisterVectors;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Writes vectors into registers of 32 bits. */
final class WordLanes {
  static final VectorSpecies<Integer> SPECIES = RegisterVectors.WORDS;
  static final int LENGTH = SPECIES.length();

  private WordLanes() {}

  /**
   * Stores lanes {@code first} and up of a register where they are active.
   *
   * @param active of the whole warp
   */
  static void store(IntVector value, int[] words, int register, int first, int active) {
    if (active == -1) {
      value.intoArray(words, register + first);
    } else {
      value.intoArray(
          words,
          register + first,
          VectorMask.fromLong(SPECIES, active >>> first & (1L << LENGTH) - 1));
    }
  }
}
