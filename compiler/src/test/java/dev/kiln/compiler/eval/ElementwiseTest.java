package dev.kiln.compiler.eval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.numeric.Conversions;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.FloatMath;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every elementwise operation, on tiles of all pairs of special values of every type. */
class ElementwiseTest {
  private static final List<DType> TYPES =
      Stream.of(DType.values()).filter(d -> !d.isUnsigned()).toList();

  static List<DType> types() {
    return TYPES;
  }

  private static long[] specialLongs(DType dtype) {
    long least = IntegerMath.wrap(dtype, IntegerMath.smallest(dtype));
    long greatest = IntegerMath.wrap(dtype, ~IntegerMath.smallest(dtype));
    long[] numbers = {0, 1, -1, 2, 7, -7, dtype.bits(), dtype.bits() - 1, least, greatest};
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = IntegerMath.wrap(dtype, numbers[i]);
    }
    return numbers;
  }

  private static double[] specialDoubles(DType dtype) {
    double[] numbers = {
      0.0,
      -0.0,
      1,
      -1.5,
      3.14159,
      1e-4,
      FloatFormat.largest(dtype),
      -FloatFormat.largest(dtype),
      Double.POSITIVE_INFINITY,
      Double.NaN
    };
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = FloatFormat.round(dtype, numbers[i]);
    }
    return numbers;
  }

  /** All pairs: {@code (left[i], right[i])}. */
  private record Pairs(TileValue left, TileValue right) {
    static Pairs of(DType dtype) {
      int n = 10;
      Type type = Type.tile(Type.scalar(dtype), Shape.of(128));
      var left = new TileBuffer(type);
      var right = new TileBuffer(type);
      for (int i = 0; i < n * n; i++) {
        if (dtype.isFloat()) {
          left.set(i, specialDoubles(dtype)[i / n]);
          right.set(i, specialDoubles(dtype)[i % n]);
        } else {
          left.set(i, specialLongs(dtype)[i / n]);
          right.set(i, specialLongs(dtype)[i % n]);
        }
      }
      return new Pairs(left.done(), right.done());
    }
  }

  /** Executes one operation on values that are put in place of its operands. */
  private static TileValue execute(ElementwiseOp op, List<Value> operands, TileValue... values) {
    var compiler = new StepCompiler();
    Step step = ElementwiseSteps.of(op, compiler);
    var program =
        new Program(
            EvaluatorTest.kernel("func @k() { return }"),
            Launch.of(Grid.of(1), new SegmentMemory(), List.of()),
            ProgramId.FIRST,
            new StepBudget(Limits.NONE),
            java.util.Optional.empty(),
            compiler.slots());
    for (int i = 0; i < values.length; i++) {
      program.set(compiler.slots().of(operands.get(i)), values[i]);
    }
    step.run(program);
    return program.get(compiler.slots().of(op.result()));
  }

  private static List<Object> elements(TileValue value) {
    var elements = new ArrayList<Object>();
    for (int i = 0; i < value.size(); i++) {
      elements.add(value.isFloat() ? (Object) value.doubleAt(i) : (Object) value.longAt(i));
    }
    return elements;
  }

  private interface LongCase {
    Object at(long left, long right);
  }

  private interface DoubleCase {
    Object at(double left, double right);
  }

  private static List<Object> expected(Pairs pairs, LongCase longs, DoubleCase doubles) {
    var elements = new ArrayList<Object>();
    for (int i = 0; i < pairs.left().size(); i++) {
      elements.add(
          pairs.left().isFloat()
              ? doubles.at(pairs.left().doubleAt(i), pairs.right().doubleAt(i))
              : longs.at(pairs.left().longAt(i), pairs.right().longAt(i)));
    }
    return elements;
  }

  private static boolean applies(BinaryKind.Domain domain, DType dtype) {
    return switch (domain) {
      case NUMBER -> true;
      case INTEGER -> dtype.isInteger();
      case FLOAT -> dtype.isFloat();
    };
  }

  @ParameterizedTest
  @MethodSource("types")
  void binaryOperationsWorkElementByElement(DType dtype) {
    Pairs pairs = Pairs.of(dtype);
    Value a = new Value(pairs.left().type());
    Value b = new Value(pairs.left().type());
    for (BinaryKind kind : BinaryKind.values()) {
      if (applies(kind.domain(), dtype)) {
        var op =
            new ElementwiseOp.Binary(Location.UNKNOWN, new Value(pairs.left().type()), kind, a, b);
        assertThat(elements(execute(op, List.of(a, b), pairs.left(), pairs.right())))
            .as("%s %s", kind, dtype)
            .isEqualTo(
                expected(
                    pairs,
                    (l, r) -> IntegerMath.apply(kind, dtype, l, r),
                    (l, r) -> FloatMath.apply(kind, dtype, l, r)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void comparisonsWorkElementByElement(DType dtype) {
    Pairs pairs = Pairs.of(dtype);
    Value a = new Value(pairs.left().type());
    Value b = new Value(pairs.left().type());
    for (CompareKind kind : CompareKind.values()) {
      if (dtype.isFloat() && kind.name().startsWith("U")) {
        continue;
      }
      Value result = new Value(a.type().withDType(DType.I1));
      var op = new ElementwiseOp.Compare(Location.UNKNOWN, result, kind, a, b);
      assertThat(elements(execute(op, List.of(a, b), pairs.left(), pairs.right())))
          .as("%s %s", kind, dtype)
          .isEqualTo(
              expected(
                  pairs,
                  (l, r) -> IntegerMath.compare(kind, dtype, l, r) ? 1L : 0L,
                  (l, r) -> FloatMath.compare(kind, l, r) ? 1L : 0L));
    }
  }

  @ParameterizedTest
  @MethodSource("types")
  void unaryOperationsWorkElementByElement(DType dtype) {
    Pairs pairs = Pairs.of(dtype);
    Value a = new Value(pairs.left().type());
    for (UnaryKind kind : UnaryKind.values()) {
      boolean isFloatKind = kind.domain() == UnaryKind.Domain.FLOAT;
      if (dtype.isFloat() ? kind.domain() == UnaryKind.Domain.INTEGER : isFloatKind) {
        continue;
      }
      boolean counts = kind == UnaryKind.CLZ || kind == UnaryKind.POPC;
      Value result = new Value(counts ? a.type().withDType(DType.I32) : a.type());
      var op = new ElementwiseOp.Unary(Location.UNKNOWN, result, kind, a);
      assertThat(elements(execute(op, List.of(a), pairs.left())))
          .as("%s %s", kind, dtype)
          .isEqualTo(
              expected(
                  pairs,
                  (l, r) -> IntegerMath.apply(kind, dtype, l),
                  (l, r) -> FloatMath.apply(kind, dtype, l)));
    }
  }

  @ParameterizedTest
  @EnumSource(CastKind.class)
  void castsWorkElementByElement(CastKind kind) {
    for (DType from : TYPES) {
      for (DType to : TYPES) {
        if (!isCast(kind, from, to)) {
          continue;
        }
        Pairs pairs = Pairs.of(from);
        Value a = new Value(pairs.left().type());
        var op =
            new ElementwiseOp.Cast(Location.UNKNOWN, new Value(a.type().withDType(to)), kind, a);
        assertThat(elements(execute(op, List.of(a), pairs.left())))
            .as("%s %s %s", kind, from, to)
            .isEqualTo(
                expected(
                    pairs,
                    (l, r) ->
                        to.isFloat()
                            ? (Object) Conversions.integerToFloat(kind, from, to, l)
                            : (Object) Conversions.integerToInteger(kind, from, to, l),
                    (l, r) ->
                        to.isFloat()
                            ? (Object) Conversions.floatToFloat(kind, from, to, l)
                            : (Object) Conversions.floatToInteger(kind, from, to, l)));
      }
    }
  }

  private static boolean isCast(CastKind kind, DType from, DType to) {
    return switch (kind) {
      case EXTS, EXTU -> from.isInteger() && to.isInteger() && from.bits() < to.bits();
      case TRUNC -> from.isInteger() && to.isInteger() && from.bits() > to.bits();
      case FPEXT -> from.isFloat() && to.isFloat() && from.bits() < to.bits();
      case FPTRUNC, FPTRUNC_RTZ -> from.isFloat() && to.isFloat() && from.bits() >= to.bits();
      case SITOFP, UITOFP -> from.isInteger() && to.isFloat();
      case FPTOSI, FPTOUI -> from.isFloat() && to.isInteger();
      case BITCAST -> from.bits() == to.bits() && from.bits() > 1;
      case PTRTOINT, INTTOPTR -> false;
    };
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"FP16", "BF16", "FP32", "FP64"})
  void fmaAndSelectTakeThreeOperands(DType dtype) {
    Pairs pairs = Pairs.of(dtype);
    Value a = new Value(pairs.left().type());
    Value b = new Value(pairs.left().type());
    var fma = new ElementwiseOp.Fma(Location.UNKNOWN, new Value(a.type()), a, b, b);
    assertThat(elements(execute(fma, List.of(a, b), pairs.left(), pairs.right())))
        .isEqualTo(expected(pairs, (l, r) -> 0, (l, r) -> FloatMath.fma(dtype, l, r, r)));
    Value c = new Value(a.type().withDType(DType.I1));
    var condition = new TileBuffer(c.type());
    for (int i = 0; i < 128; i++) {
      condition.set(i, i % 3 == 0 ? 1 : 0);
    }
    var select = new ElementwiseOp.Select(Location.UNKNOWN, new Value(a.type()), c, a, b);
    List<Object> chosen =
        elements(execute(select, List.of(c, a, b), condition.done(), pairs.left(), pairs.right()));
    for (int i = 0; i < 128; i++) {
      TileValue side = i % 3 == 0 ? pairs.left() : pairs.right();
      assertThat(chosen.get(i)).isEqualTo(side.doubleAt(i));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = DType.class,
      names = {"I1", "I8", "FP16", "FP64"})
  void addressesMoveByElements(DType pointee) {
    Value pointer = new Value(Type.pointer(pointee));
    Value offset = new Value(Type.scalar(DType.I32));
    var op = new ElementwiseOp.AddPtr(Location.UNKNOWN, new Value(pointer.type()), pointer, offset);
    TileValue sum =
        execute(
            op,
            List.of(pointer, offset),
            TileValue.scalar(pointer.type(), 1000),
            TileValue.scalar(offset.type(), -3));
    assertThat(sum.longAt(0)).isEqualTo(1000 - 3L * pointee.bytes());
  }
}
