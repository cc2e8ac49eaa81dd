package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.numeric.Conversions;
import dev.kiln.compiler.numeric.FloatMath;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.Arrays;

/** Execution of {@link ElementwiseOp}s. */
final class ElementwiseSteps {
  private ElementwiseSteps() {}

  static Step of(ElementwiseOp op, StepCompiler compiler) {
    Slots slots = compiler.slots();
    int result = slots.of(op.result());
    int[] operands = slots.of(op.operands());
    return switch (op) {
      case ElementwiseOp.Constant constant -> {
        TileValue value = constant(constant);
        yield p -> p.set(result, value);
      }
      case ElementwiseOp.Unary u ->
          p -> p.set(result, unary(u.kind(), op.result().type(), p.get(operands[0])));
      case ElementwiseOp.Binary b ->
          p -> p.set(result, binary(b.kind(), p.get(operands[0]), p.get(operands[1])));
      case ElementwiseOp.Compare c ->
          p ->
              p.set(
                  result,
                  compare(c.kind(), op.result().type(), p.get(operands[0]), p.get(operands[1])));
      case ElementwiseOp.Fma fma ->
          p -> p.set(result, fma(p.get(operands[0]), p.get(operands[1]), p.get(operands[2])));
      case ElementwiseOp.Select select ->
          p -> p.set(result, select(p.get(operands[0]), p.get(operands[1]), p.get(operands[2])));
      case ElementwiseOp.Cast cast -> p -> p.set(result, cast(cast, p.get(operands[0])));
      case ElementwiseOp.AddPtr add ->
          p -> p.set(result, addPtr(p.get(operands[0]), p.get(operands[1])));
      case ElementwiseOp.Hint hint ->
          p -> {
            p.sanitizer().ifPresent(s -> s.checkHint(p, hint, p.get(operands[0])));
            p.set(result, p.get(operands[0]));
          };
      case ElementwiseOp.ProgramId id ->
          p ->
              p.set(
                  result,
                  TileValue.scalar(
                      op.result().type(), along(id.axis(), p.id().x(), p.id().y(), p.id().z())));
      case ElementwiseOp.NumPrograms n ->
          p -> {
            Grid grid = p.launch().grid();
            long count = along(n.axis(), grid.x(), grid.y(), grid.z());
            p.set(result, TileValue.scalar(op.result().type(), count));
          };
    };
  }

  private static long along(int axis, int x, int y, int z) {
    return axis == 0 ? x : axis == 1 ? y : z;
  }

  private static TileValue constant(ElementwiseOp.Constant op) {
    Type type = op.result().type();
    if (type.dtype().isFloat()) {
      double[] elements = new double[type.shape().size()];
      Arrays.fill(elements, op.value().doubleValue());
      return TileValue.of(type, elements, null);
    }
    long[] elements = new long[type.shape().size()];
    Arrays.fill(elements, IntegerMath.wrap(type.dtype(), op.value().longValue()));
    return TileValue.of(type, elements, null);
  }

  private static TileValue unary(UnaryKind kind, Type type, TileValue operand) {
    DType dtype = operand.type().dtype();
    if (operand.isFloat()) {
      double[] result = new double[operand.size()];
      for (int i = 0; i < result.length; i++) {
        result[i] = FloatMath.apply(kind, dtype, operand.doubleAt(i));
      }
      return TileValue.of(type, result, operand.origins());
    }
    long[] result = new long[operand.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = IntegerMath.apply(kind, dtype, operand.longAt(i));
    }
    return TileValue.of(type, result, operand.origins());
  }

  static TileValue binary(BinaryKind kind, TileValue left, TileValue right) {
    DType dtype = left.type().dtype();
    if (left.isFloat()) {
      double[] result = new double[left.size()];
      for (int i = 0; i < result.length; i++) {
        result[i] = FloatMath.apply(kind, dtype, left.doubleAt(i), right.doubleAt(i));
      }
      return TileValue.of(left.type(), result, Origins.of(left, right));
    }
    long[] result = new long[left.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = IntegerMath.apply(kind, dtype, left.longAt(i), right.longAt(i));
    }
    return TileValue.of(left.type(), result, integerOrigins(kind, left, right));
  }

  private static int[] integerOrigins(BinaryKind kind, TileValue left, TileValue right) {
    return switch (kind) {
      // Masks are combined with parts that are undefined where another part is false.
      case AND, MUL -> Origins.unlessSettled(left, right, 0);
      case OR -> Origins.unlessSettled(left, right, IntegerMath.wrap(left.type().dtype(), -1));
      default -> Origins.of(left, right);
    };
  }

  private static TileValue compare(CompareKind kind, Type type, TileValue left, TileValue right) {
    DType dtype = left.type().dtype();
    long[] result = new long[left.size()];
    for (int i = 0; i < result.length; i++) {
      boolean holds =
          left.isFloat()
              ? FloatMath.compare(kind, left.doubleAt(i), right.doubleAt(i))
              : IntegerMath.compare(kind, dtype, left.longAt(i), right.longAt(i));
      result[i] = holds ? 1 : 0;
    }
    return TileValue.of(type, result, Origins.of(left, right));
  }

  private static TileValue fma(TileValue a, TileValue b, TileValue c) {
    DType dtype = a.type().dtype();
    double[] result = new double[a.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = FloatMath.fma(dtype, a.doubleAt(i), b.doubleAt(i), c.doubleAt(i));
    }
    return TileValue.of(a.type(), result, Origins.of(a, b, c));
  }

  private static TileValue select(TileValue condition, TileValue whenTrue, TileValue whenFalse) {
    var result = new TileBuffer(whenTrue.type());
    for (int i = 0; i < condition.size(); i++) {
      result.copy(i, condition.isTrue(i) ? whenTrue : whenFalse, i);
      if (condition.isUndefined(i)) {
        result.setOrigin(i, condition.origin(i));
      }
    }
    return result.done();
  }

  private static TileValue cast(ElementwiseOp.Cast op, TileValue operand) {
    Type type = op.result().type();
    DType from = operand.type().dtype();
    DType to = type.dtype();
    int size = operand.size();
    if (to.isFloat()) {
      double[] result = new double[size];
      for (int i = 0; i < size; i++) {
        result[i] =
            operand.isFloat()
                ? Conversions.floatToFloat(op.kind(), from, to, operand.doubleAt(i))
                : Conversions.integerToFloat(op.kind(), from, to, operand.longAt(i));
      }
      return TileValue.of(type, result, operand.origins());
    }
    long[] result = new long[size];
    for (int i = 0; i < size; i++) {
      result[i] =
          operand.isFloat()
              ? Conversions.floatToInteger(op.kind(), from, to, operand.doubleAt(i))
              : Conversions.integerToInteger(op.kind(), from, to, operand.longAt(i));
    }
    return TileValue.of(type, result, operand.origins());
  }

  private static TileValue addPtr(TileValue pointer, TileValue offset) {
    int bytes = pointer.type().pointee().bytes();
    long[] result = new long[pointer.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = pointer.longAt(i) + offset.longAt(i) * bytes;
    }
    return TileValue.of(pointer.type(), result, Origins.of(pointer, offset));
  }
}
