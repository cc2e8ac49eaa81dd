package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Warp;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** A template: a comparison of two registers of {@code .f32}. */
final class FloatCompare extends VectorCompare {
  private static final Operator OPERATOR =
      OperatorTemplate.constant(MethodHandles.lookup(), Operator.class);

  private final int a;
  private final int b;
  private final int flip;

  /** What it is made for. */
  record Operator(Relation relation, boolean flush) {}

  /** Relations that no NaN satisfies; their complements are those that every NaN does. */
  enum Relation {
    EQUAL,
    DIFFERENT,
    LESS,
    LESS_OR_EQUAL,
    ORDERED
  }

  /**
   * @param flip -1 for the complement, else 0
   */
  FloatCompare(int target, int a, int b, int flip) {
    super(target);
    this.a = a;
    this.b = b;
    this.flip = flip;
  }

  @Override
  public int lanes(Warp warp) {
    int[] words = warp.words;
    long lanes = 0;
    for (int i = 0; i < Warp.LANES; i += FloatLanes.LENGTH) {
      lanes |= compare(operand(words, a + i), operand(words, b + i)).toLong() << i;
    }
    return (int) lanes ^ flip;
  }

  private static FloatVector operand(int[] words, int at) {
    return OPERATOR.flush() ? FloatLanes.loadFlushed(words, at) : FloatLanes.load(words, at);
  }

  private static VectorMask<Float> compare(FloatVector x, FloatVector y) {
    return switch (OPERATOR.relation()) {
      case EQUAL -> x.compare(VectorOperators.EQ, y);
      case DIFFERENT -> x.compare(VectorOperators.LT, y).or(y.compare(VectorOperators.LT, x));
      case LESS -> x.compare(VectorOperators.LT, y);
      case LESS_OR_EQUAL -> x.compare(VectorOperators.LE, y);
      case ORDERED -> x.compare(VectorOperators.EQ, x).and(y.compare(VectorOperators.EQ, y));
    };
  }
}
