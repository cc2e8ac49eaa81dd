package dev.kiln.runtime.sim.exec;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vectors in which steps read and write a warp's registers: of 256 bits, or fewer where the
 * machine has no more. Data of a Java array begin 16 bytes into it, so that every access of 64
 * bytes is one to two cache lines, but only every other one of 32 bytes: these are 1.4 times as
 * fast.
 */
public final class RegisterVectors {
  /** Of registers of 32 bits. */
  public static final VectorSpecies<Integer> WORDS =
      IntVector.SPECIES_PREFERRED.vectorBitSize() > 256
          ? IntVector.SPECIES_256
          : IntVector.SPECIES_PREFERRED;

  /** Of registers of 64 bits. */
  public static final VectorSpecies<Long> WIDES =
      LongVector.SPECIES_PREFERRED.vectorBitSize() > 256
          ? LongVector.SPECIES_256
          : LongVector.SPECIES_PREFERRED;

  private RegisterVectors() {}
}
