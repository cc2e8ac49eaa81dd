package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.RegisterVectors;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Reads and writes vectors of 64-bit lanes. */
final class WideLanes {
  static final VectorSpecies<Long> SPECIES = RegisterVectors.WIDES;
  static final int LENGTH = SPECIES.length();

  /** As many lanes of 32 bits. */
  private static final VectorSpecies<Integer> HALF =
      VectorSpecies.of(int.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));

  private WideLanes() {}

  /** Lanes of a 32-bit register, sign-extended. */
  static LongVector signed(int[] words, int at) {
    return (LongVector)
        IntVector.fromArray(HALF, words, at).convertShape(VectorOperators.I2L, SPECIES, 0);
  }

  /** Lanes of a 32-bit register, zero-extended. */
  static LongVector unsigned(int[] words, int at) {
    return (LongVector)
        IntVector.fromArray(HALF, words, at)
            .convertShape(VectorOperators.ZERO_EXTEND_I2L, SPECIES, 0);
  }

  /**
   * Stores lanes {@code first} and up of a register where they are active.
   *
   * @param active of the whole warp
   */
  static void store(LongVector value, long[] wides, int register, int first, int active) {
    if (active == -1) {
      value.intoArray(wides, register + first);
    } else {
      value.intoArray(
          wides,
          register + first,
          VectorMask.fromLong(SPECIES, active >>> first & (1L << LENGTH) - 1));
    }
  }

  /** Stores the high halves of products into a 32-bit register, likewise. */
  static void storeHigh(LongVector product, int[] words, int register, int first, int active) {
    IntVector value =
        (IntVector)
            product.lanewise(VectorOperators.LSHR, 32).convertShape(VectorOperators.L2I, HALF, 0);
    if (active == -1) {
      value.intoArray(words, register + first);
    } else {
      value.intoArray(
          words,
          register + first,
          VectorMask.fromLong(HALF, active >>> first & (1L << LENGTH) - 1));
    }
  }
}
