package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.isa.Comparison;
import java.util.EnumMap;
import java.util.Map;
import jdk.incubator.vector.VectorOperators;

/** Comparisons of integer registers of 32 and 64 bits. */
public final class IntegerCompares {
  private static final Map<Relation, OperatorTemplate<VectorCompare>> WORDS =
      templates(WordCompare.class);
  private static final Map<Relation, OperatorTemplate<VectorCompare>> WIDES =
      templates(WideCompare.class);

  private IntegerCompares() {}

  /** How a and b are compared; greater is less with operands exchanged. */
  public enum Relation {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    /** Less as unsigned numbers. */
    BELOW,
    BELOW_OR_EQUAL
  }

  private static Map<Relation, OperatorTemplate<VectorCompare>> templates(
      Class<? extends VectorCompare> template) {
    Map<Relation, OperatorTemplate<VectorCompare>> all = new EnumMap<>(Relation.class);
    for (Relation relation : Relation.values()) {
      all.put(relation, new OperatorTemplate<>(VectorCompare.class, template, operator(relation)));
    }
    return all;
  }

  private static VectorOperators.Comparison operator(Relation relation) {
    return switch (relation) {
      case EQUAL -> VectorOperators.EQ;
      case NOT_EQUAL -> VectorOperators.NE;
      case LESS -> VectorOperators.LT;
      case LESS_OR_EQUAL -> VectorOperators.LE;
      case BELOW -> VectorOperators.ULT;
      case BELOW_OR_EQUAL -> VectorOperators.ULE;
    };
  }

  /**
   * Makes a comparison.
   *
   * @param a index of the first register, in {@code wides} if it is one of 64 bits
   */
  public static Comparison compare(Relation relation, boolean wide, int a, int b) {
    OperatorTemplate<VectorCompare> template = (wide ? WIDES : WORDS).get(relation);
    return VectorCompare.of(target -> template.make(target, a, b));
  }
}
