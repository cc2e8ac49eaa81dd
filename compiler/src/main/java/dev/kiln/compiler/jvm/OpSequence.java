package dev.kiln.compiler.jvm;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;

/** Writes elementwise operations on scalars one after the other. */
final class OpSequence {
  private final Definitions definitions;
  private final Location loc;
  private final List<ElementwiseOp> ops = new ArrayList<>();

  OpSequence(Definitions definitions, Location loc) {
    this.definitions = definitions;
    this.loc = loc;
  }

  List<ElementwiseOp> ops() {
    return ops;
  }

  /** Makes {@code result} another name for {@code value}. */
  void finish(Value result, Value value) {
    definitions.alias(result, value);
  }

  /**
   * Makes the operation that defines {@code value} define {@code result}, of the same type. What
   * was said of {@code result} before, such as that a method takes it as a parameter, stays true.
   */
  void define(Value result, Value value) {
    for (int i = ops.size() - 1; i >= 0; i--) {
      if (ops.get(i).result() == value) {
        ops.set(i, withResult(ops.get(i), result));
        definitions.alias(value, result);
        return;
      }
    }
    throw new IllegalStateException("no operation defines " + value);
  }

  private static ElementwiseOp withResult(ElementwiseOp op, Value result) {
    return switch (op) {
      case ElementwiseOp.Unary o -> new ElementwiseOp.Unary(o.loc(), result, o.kind(), o.operand());
      case ElementwiseOp.Binary o ->
          new ElementwiseOp.Binary(o.loc(), result, o.kind(), o.left(), o.right());
      case ElementwiseOp.Compare o ->
          new ElementwiseOp.Compare(o.loc(), result, o.kind(), o.left(), o.right());
      case ElementwiseOp.Fma o -> new ElementwiseOp.Fma(o.loc(), result, o.a(), o.b(), o.c());
      case ElementwiseOp.Select o ->
          new ElementwiseOp.Select(o.loc(), result, o.condition(), o.whenTrue(), o.whenFalse());
      case ElementwiseOp.Cast o -> new ElementwiseOp.Cast(o.loc(), result, o.kind(), o.operand());
      case ElementwiseOp.Constant _,
          ElementwiseOp.AddPtr _,
          ElementwiseOp.Hint _,
          ElementwiseOp.ProgramId _,
          ElementwiseOp.NumPrograms _ ->
          throw new IllegalArgumentException(op.mnemonic());
    };
  }

  private static Value fresh(DType dtype) {
    return new Value(Type.scalar(dtype));
  }

  Value constant(DType dtype, Number number) {
    Value value = fresh(dtype);
    definitions.constant(value, number);
    return value;
  }

  /** An {@code fp32} constant. */
  Value f(double number) {
    return constant(DType.FP32, (double) (float) number);
  }

  /** An {@code i32} constant. */
  Value i(int number) {
    return constant(DType.I32, (long) number);
  }

  Value unary(UnaryKind kind, Value operand) {
    Value result = fresh(operand.dtype());
    ops.add(new ElementwiseOp.Unary(loc, result, kind, operand));
    return result;
  }

  Value binary(BinaryKind kind, Value left, Value right) {
    Value result = fresh(left.dtype());
    ops.add(new ElementwiseOp.Binary(loc, result, kind, left, right));
    return result;
  }

  Value add(Value left, Value right) {
    return binary(BinaryKind.ADD, left, right);
  }

  Value sub(Value left, Value right) {
    return binary(BinaryKind.SUB, left, right);
  }

  Value mul(Value left, Value right) {
    return binary(BinaryKind.MUL, left, right);
  }

  Value div(Value left, Value right) {
    return binary(BinaryKind.DIV, left, right);
  }

  Value and(Value left, Value right) {
    return binary(BinaryKind.AND, left, right);
  }

  Value or(Value left, Value right) {
    return binary(BinaryKind.OR, left, right);
  }

  Value shl(Value left, int bits) {
    return binary(BinaryKind.SHL, left, constant(left.dtype(), (long) bits));
  }

  Value shrs(Value left, int bits) {
    return binary(BinaryKind.SHRS, left, constant(left.dtype(), (long) bits));
  }

  Value shru(Value left, int bits) {
    return binary(BinaryKind.SHRU, left, constant(left.dtype(), (long) bits));
  }

  Value fma(Value a, Value b, Value c) {
    Value result = fresh(a.dtype());
    ops.add(new ElementwiseOp.Fma(loc, result, a, b, c));
    return result;
  }

  Value abs(Value operand) {
    return unary(UnaryKind.ABS, operand);
  }

  Value compare(CompareKind kind, Value left, Value right) {
    Value result = fresh(DType.I1);
    ops.add(new ElementwiseOp.Compare(loc, result, kind, left, right));
    return result;
  }

  Value select(Value condition, Value whenTrue, Value whenFalse) {
    Value result = fresh(whenTrue.dtype());
    ops.add(new ElementwiseOp.Select(loc, result, condition, whenTrue, whenFalse));
    return result;
  }

  Value cast(CastKind kind, DType to, Value operand) {
    Value result = fresh(to);
    ops.add(new ElementwiseOp.Cast(loc, result, kind, operand));
    return result;
  }

  /** Bits of an {@code fp32} as {@code i32}, or of an {@code fp64} as {@code i64}. */
  Value bits(Value operand) {
    return cast(CastKind.BITCAST, operand.dtype() == DType.FP64 ? DType.I64 : DType.I32, operand);
  }

  /** The {@code fp32} or {@code fp64} of bits. */
  Value fromBits(Value operand) {
    return cast(CastKind.BITCAST, operand.dtype() == DType.I64 ? DType.FP64 : DType.FP32, operand);
  }

  /** {@code magnitude} (not negative) with the sign of {@code sign}. */
  Value copySign(Value magnitude, Value sign) {
    DType dtype = magnitude.dtype() == DType.FP64 ? DType.I64 : DType.I32;
    Number mask = dtype == DType.I64 ? Long.MIN_VALUE : (Number) (long) Integer.MIN_VALUE;
    return fromBits(or(bits(magnitude), and(bits(sign), constant(dtype, mask))));
  }

  /** The polynomial with the given coefficients, highest power first. */
  Value polynomial(Value x, double... coefficients) {
    Value sum = f(coefficients[0]);
    for (int i = 1; i < coefficients.length; i++) {
      sum = fma(sum, x, f(coefficients[i]));
    }
    return sum;
  }
}
