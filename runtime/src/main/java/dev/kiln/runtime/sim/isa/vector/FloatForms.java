package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.CompareOp;
import dev.kiln.runtime.sim.isa.Comparison;
import dev.kiln.runtime.sim.isa.vector.FloatCompare.Relation;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The vector steps of floating-point instructions, rounded to nearest. Arguments are indices in the
 * register file, the target first; {@code flush} stands for {@code .ftz}.
 */
public final class FloatForms {
  private static final Map<Object, OperatorTemplate<Step>> TEMPLATES = new ConcurrentHashMap<>();
  private static final Map<FloatCompare.Operator, OperatorTemplate<VectorCompare>> COMPARES =
      new ConcurrentHashMap<>();

  private FloatForms() {}

  private static Step binary(
      FloatOperation operation,
      RegisterOperation.Kind kind,
      boolean flush,
      int target,
      int a,
      int b) {
    return template(FloatBinary.class, new FloatBinary.Operator(operation, kind, flush))
        .make(target, a, b);
  }

  private static Step extreme(
      FloatOperation operation, boolean flush, boolean nanWins, int target, int a, int b) {
    return template(FloatExtreme.class, new FloatExtreme.Operator(operation, flush, nanWins))
        .make(target, a, b);
  }

  private static Step wide(FloatOperation operation, int target, int a, int b, Step exact) {
    return template(FloatWideBinary.class, operation).make(target, a, b, exact);
  }

  /** Each kind of operator belongs to one template. */
  private static OperatorTemplate<Step> template(Class<? extends Step> template, Object operator) {
    return TEMPLATES.computeIfAbsent(
        operator, key -> new OperatorTemplate<>(Step.class, template, key));
  }

  public static Step add(int target, int a, int b, boolean flush) {
    return binary(FloatOperation.ADD, RegisterOperation.Kind.FLOAT_ADD, flush, target, a, b);
  }

  public static Step sub(int target, int a, int b, boolean flush) {
    return binary(FloatOperation.SUB, RegisterOperation.Kind.FLOAT_SUB, flush, target, a, b);
  }

  public static Step mul(int target, int a, int b, boolean flush) {
    return binary(FloatOperation.MUL, RegisterOperation.Kind.FLOAT_MUL, flush, target, a, b);
  }

  public static Step fma(int target, int a, int b, int c, boolean flush) {
    return new FloatMultiplyAdd(target, a, b, c, flush);
  }

  public static Step div(int target, int a, int b, boolean flush) {
    return binary(FloatOperation.DIV, null, flush, target, a, b);
  }

  public static Step rcp(int target, int a, boolean flush) {
    return new FloatReciprocal(target, a, flush);
  }

  public static Step sqrt(int target, int a, boolean flush) {
    return new FloatSquareRoot(target, a, flush);
  }

  public static Step rsqrt(int target, int a, boolean flush) {
    return new FloatReciprocalRoot(target, a, flush);
  }

  public static Step ex2(int target, int a, boolean flush) {
    return new FloatExponential(target, a, flush);
  }

  /** {@code nanWins} stands for {@code .NaN}. */
  public static Step min(int target, int a, int b, boolean flush, boolean nanWins) {
    return extreme(FloatOperation.MIN, flush, nanWins, target, a, b);
  }

  /** {@code nanWins} stands for {@code .NaN}. */
  public static Step max(int target, int a, int b, boolean flush, boolean nanWins) {
    return extreme(FloatOperation.MAX, flush, nanWins, target, a, b);
  }

  /** {@code exact} is the same lane by lane; it runs where a result is NaN. */
  public static Step addWide(int target, int a, int b, Step exact) {
    return wide(FloatOperation.ADD, target, a, b, exact);
  }

  /** As {@link #addWide}. */
  public static Step subWide(int target, int a, int b, Step exact) {
    return wide(FloatOperation.SUB, target, a, b, exact);
  }

  /** As {@link #addWide}. */
  public static Step mulWide(int target, int a, int b, Step exact) {
    return wide(FloatOperation.MUL, target, a, b, exact);
  }

  /** As {@link #addWide}. */
  public static Step fmaWide(int target, int a, int b, int c, Step exact) {
    return new FloatWideMultiplyAdd(target, a, b, c, exact);
  }

  /** Of {@code .f16x2}, and of {@code .f16}. */
  public static Step addHalves(int target, int a, int b) {
    return new FloatHalfAdd(target, a, b);
  }

  /** As {@link #addHalves}. */
  public static Step subHalves(int target, int a, int b) {
    return new FloatHalfSubtract(target, a, b);
  }

  /** As {@link #addHalves}. */
  public static Step mulHalves(int target, int a, int b) {
    return new FloatHalfMultiply(target, a, b);
  }

  /** As {@link #addHalves}. */
  public static Step fmaHalves(int target, int a, int b, int c) {
    return new FloatHalfMultiplyAdd(target, a, b, c);
  }

  /** A comparison of {@code .f32}, with an operator of floating-point numbers. */
  public static Comparison compare(CompareOp op, int a, int b, boolean flush) {
    return switch (op) {
      case EQ -> compare(Relation.EQUAL, a, b, 0, flush);
      case NEU -> compare(Relation.EQUAL, a, b, -1, flush);
      case NE -> compare(Relation.DIFFERENT, a, b, 0, flush);
      case EQU -> compare(Relation.DIFFERENT, a, b, -1, flush);
      case LT -> compare(Relation.LESS, a, b, 0, flush);
      case GEU -> compare(Relation.LESS, a, b, -1, flush);
      case GT -> compare(Relation.LESS, b, a, 0, flush);
      case LEU -> compare(Relation.LESS, b, a, -1, flush);
      case LE -> compare(Relation.LESS_OR_EQUAL, a, b, 0, flush);
      case GTU -> compare(Relation.LESS_OR_EQUAL, a, b, -1, flush);
      case GE -> compare(Relation.LESS_OR_EQUAL, b, a, 0, flush);
      case LTU -> compare(Relation.LESS_OR_EQUAL, b, a, -1, flush);
      case NUM -> compare(Relation.ORDERED, a, b, 0, flush);
      case NAN -> compare(Relation.ORDERED, a, b, -1, flush);
      case LO, LS, HI, HS -> throw new IllegalArgumentException(op + " compares integers");
    };
  }

  private static Comparison compare(Relation relation, int a, int b, int flip, boolean flush) {
    OperatorTemplate<VectorCompare> template =
        COMPARES.computeIfAbsent(
            new FloatCompare.Operator(relation, flush),
            key -> new OperatorTemplate<>(VectorCompare.class, FloatCompare.class, key));
    return VectorCompare.of(target -> template.make(target, a, b, flip));
  }
}
