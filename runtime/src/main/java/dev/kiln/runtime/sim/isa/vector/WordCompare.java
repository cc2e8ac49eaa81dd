package dev.kiln.runtime.sim.isa.vector;

import static dev.kiln.runtime.sim.isa.vector.WordLanes.LENGTH;
import static dev.kiln.runtime.sim.isa.vector.WordLanes.SPECIES;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** A template: a comparison of two registers of 32 bits. */
final class WordCompare extends VectorCompare {
  private static final VectorOperators.Comparison OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), VectorOperators.Comparison.class);

  private final int a;
  private final int b;

  WordCompare(int target, int a, int b) {
    super(target);
    this.a = a;
    this.b = b;
  }

  @Override
  public int lanes(Warp warp) {
    int[] words = warp.words;
    long lanes = 0;
    for (int i = 0; i < Warp.LANES; i += LENGTH) {
      IntVector second = IntVector.fromArray(SPECIES, words, b + i);
      lanes |= IntVector.fromArray(SPECIES, words, a + i).compare(OPERATOR, second).toLong() << i;
    }
    return (int) lanes;
  }
}
