package dev.kiln.compiler.transform.rewrite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.FloatMath;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Tries each line of {@code algebra.rules} on numbers of every type of its domain. */
class AlgebraTest {
  private static final List<DType> TYPES =
      Stream.of(DType.values()).filter(dtype -> !dtype.isUnsigned()).toList();

  @TestFactory
  Stream<DynamicTest> bothSidesOfEachRuleAreEqual() {
    return Algebra.LINES.stream()
        .map(rule -> DynamicTest.dynamicTest(rule.text(), () -> holds(rule)));
  }

  private static void holds(AlgebraRule rule) {
    for (DType dtype : TYPES) {
      if (rule.domain().includes(Type.scalar(dtype)) && representable(rule.left(), dtype)) {
        for (Number[] values : assignments(rule, dtype)) {
          Number left = evaluate(rule, rule.left(), dtype, values);
          Number right = evaluate(rule, rule.right(), dtype, values);
          assertThat(normal(right))
              .describedAs("%s in %s of %s", rule.text(), dtype, List.of(values))
              .isEqualTo(normal(left));
        }
      }
    }
  }

  /** NaN are alike, whatever their bits. */
  private static Object normal(Number number) {
    return number instanceof Double value && Double.isNaN(value) ? Double.NaN : number;
  }

  /** Whether the rule's numbers are numbers of the type, so that it could match. */
  private static boolean representable(Pattern pattern, DType dtype) {
    return switch (pattern) {
      case Pattern.Literal literal -> !dtype.isFloat() || FloatFormat.holds(dtype, literal.value());
      case Pattern.Variable variable -> true;
      case Pattern.UnaryNode node ->
          representable(node.operand(), dtype)
              && !(is64or32Only(node.kind().name()) && dtype.bits() < 32);
      case Pattern.BinaryNode node ->
          representable(node.left(), dtype)
              && representable(node.right(), dtype)
              && !(is64or32Only(node.kind().name()) && dtype.bits() < 32);
      case Pattern.CompareNode node ->
          representable(node.left(), dtype) && representable(node.right(), dtype);
      case Pattern.SelectNode node ->
          representable(node.whenTrue(), dtype) && representable(node.whenFalse(), dtype);
    };
  }

  private static boolean is64or32Only(String kind) {
    return kind.startsWith("MULH");
  }

  private static List<Number[]> assignments(AlgebraRule rule, DType dtype) {
    var all = new ArrayList<Number[]>();
    extend(rule, dtype, new Number[rule.variables().size()], 0, all);
    return all;
  }

  private static void extend(
      AlgebraRule rule, DType dtype, Number[] values, int index, List<Number[]> all) {
    if (index == values.length) {
      all.add(values.clone());
      return;
    }
    boolean isCondition = rule.variables().get(index).equals("c");
    for (Number candidate : candidates(isCondition ? DType.I1 : dtype)) {
      values[index] = candidate;
      extend(rule, dtype, values, index + 1, all);
    }
  }

  private static List<Number> candidates(DType dtype) {
    var candidates = new ArrayList<Number>();
    if (dtype.isFloat()) {
      for (double value : new double[] {0.0, -0.0, 1, -1, 0.5, -3, 1.75, 240, 1e-3, 1e30, -1e300}) {
        candidates.add(FloatFormat.round(dtype, value));
      }
      for (double value :
          new double[] {Double.NaN, 1 / 0.0, -1 / 0.0, FloatFormat.largest(dtype)}) {
        candidates.add(FloatFormat.round(dtype, value));
      }
    } else if (dtype.isBool()) {
      candidates.addAll(List.of(0L, 1L));
    } else {
      long smallest = IntegerMath.smallest(dtype);
      for (long value :
          new long[] {0, 1, -1, 2, 3, -7, 8, 31, 63, 64, 100, smallest, ~smallest, smallest + 1}) {
        candidates.add(IntegerMath.wrap(dtype, value));
      }
    }
    return candidates;
  }

  private static Number evaluate(AlgebraRule rule, Pattern pattern, DType dtype, Number[] values) {
    return switch (pattern) {
      case Pattern.Variable variable -> values[variable.index()];
      case Pattern.Literal literal ->
          literal.isBoolean() || !dtype.isFloat()
              ? (Number) literal.asInteger(literal.isBoolean() ? DType.I1 : dtype)
              : (Number) literal.value();
      case Pattern.UnaryNode node -> {
        Number x = evaluate(rule, node.operand(), dtype, values);
        yield x instanceof Double number
            ? (Number) FloatMath.apply(node.kind(), dtype, number)
            : (Number)
                IntegerMath.apply(node.kind(), typeOf(rule, node.operand(), dtype), x.longValue());
      }
      case Pattern.BinaryNode node ->
          Folding.apply(
              node.kind(),
              dtype,
              evaluate(rule, node.left(), dtype, values),
              evaluate(rule, node.right(), dtype, values));
      case Pattern.CompareNode node -> {
        Number left = evaluate(rule, node.left(), dtype, values);
        Number right = evaluate(rule, node.right(), dtype, values);
        boolean holds =
            dtype.isFloat()
                ? FloatMath.compare(node.kind(), left.doubleValue(), right.doubleValue())
                : IntegerMath.compare(node.kind(), dtype, left.longValue(), right.longValue());
        yield holds ? 1L : 0L;
      }
      case Pattern.SelectNode node ->
          evaluate(rule, node.condition(), dtype, values).longValue() != 0
              ? evaluate(rule, node.whenTrue(), dtype, values)
              : evaluate(rule, node.whenFalse(), dtype, values);
    };
  }

  /** Comparisons, and the variable {@code c}, are {@code i1} whatever the rule's type. */
  private static DType typeOf(AlgebraRule rule, Pattern pattern, DType dtype) {
    return switch (pattern) {
      case Pattern.CompareNode node -> DType.I1;
      case Pattern.UnaryNode node -> typeOf(rule, node.operand(), dtype);
      case Pattern.Variable variable ->
          rule.variables().get(variable.index()).equals("c") ? DType.I1 : dtype;
      case Pattern.Literal literal -> dtype;
      case Pattern.BinaryNode node -> dtype;
      case Pattern.SelectNode node -> dtype;
    };
  }
}
