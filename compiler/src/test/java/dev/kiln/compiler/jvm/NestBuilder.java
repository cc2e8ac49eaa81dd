package dev.kiln.compiler.jvm;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Writes the body of a loop nest. */
final class NestBuilder {
  static final Location LOC = Location.UNKNOWN;

  private final Shape shape;
  private final List<LaneStmt> body = new ArrayList<>();

  NestBuilder(int... extents) {
    this.shape = Shape.of(extents);
  }

  LoopStmt.Nest build() {
    return new LoopStmt.Nest(LOC, shape, body);
  }

  static Value value(DType dtype) {
    return new Value(Type.scalar(dtype));
  }

  static TileRef global(Value buffer, long... strides) {
    return new TileRef(buffer.type().pointee(), new TileRef.Global(buffer), fixed(strides));
  }

  static TileRef scratch(DType dtype, long offset, long... strides) {
    return new TileRef(dtype, new TileRef.Scratch(offset), fixed(strides));
  }

  private static List<TileRef.Stride> fixed(long... strides) {
    var list = new ArrayList<TileRef.Stride>();
    for (long stride : strides) {
      list.add(new TileRef.Fixed(stride));
    }
    return list;
  }

  static LaneStmt.Mask bounds(LoopStmt.Bound... bounds) {
    return new LaneStmt.Mask(List.of(bounds), Optional.empty());
  }

  static LoopStmt.Bound below(int axis, Value upper) {
    return new LoopStmt.Bound(axis, Optional.empty(), Optional.of(upper));
  }

  static LoopStmt.Bound between(int axis, Value lower, Value upper) {
    return new LoopStmt.Bound(axis, Optional.of(lower), Optional.of(upper));
  }

  void add(LaneStmt statement) {
    body.add(statement);
  }

  Value load(TileRef ref) {
    return load(ref, LaneStmt.Mask.ALL, null);
  }

  Value load(TileRef ref, LaneStmt.Mask mask, Value other) {
    Value result = value(ref.dtype());
    body.add(new LaneStmt.Load(LOC, result, ref, mask, Optional.ofNullable(other)));
    return result;
  }

  Value gather(Value address, LaneStmt.Mask mask, Value other) {
    Value result = value(address.type().pointee());
    body.add(new LaneStmt.GatherLoad(LOC, result, address, mask, Optional.ofNullable(other)));
    return result;
  }

  void store(TileRef ref, Value value) {
    store(ref, value, LaneStmt.Mask.ALL);
  }

  void store(TileRef ref, Value value, LaneStmt.Mask mask) {
    body.add(new LaneStmt.Store(LOC, ref, value, mask));
  }

  Value index(int axis) {
    Value result = value(DType.I32);
    body.add(new LaneStmt.Index(LOC, result, axis));
    return result;
  }

  private Value compute(ElementwiseOp op) {
    body.add(new LaneStmt.Compute(op));
    return op.result();
  }

  Value constant(DType dtype, Number number) {
    return compute(new ElementwiseOp.Constant(LOC, value(dtype), number));
  }

  Value binary(BinaryKind kind, Value left, Value right) {
    return compute(new ElementwiseOp.Binary(LOC, value(left.dtype()), kind, left, right));
  }

  Value unary(UnaryKind kind, Value operand) {
    return compute(new ElementwiseOp.Unary(LOC, value(operand.dtype()), kind, operand));
  }

  Value compare(CompareKind kind, Value left, Value right) {
    return compute(new ElementwiseOp.Compare(LOC, value(DType.I1), kind, left, right));
  }

  Value select(Value condition, Value whenTrue, Value whenFalse) {
    return compute(
        new ElementwiseOp.Select(LOC, value(whenTrue.dtype()), condition, whenTrue, whenFalse));
  }

  Value cast(CastKind kind, DType to, Value operand) {
    return compute(new ElementwiseOp.Cast(LOC, value(to), kind, operand));
  }

  Value fma(Value a, Value b, Value c) {
    return compute(new ElementwiseOp.Fma(LOC, value(a.dtype()), a, b, c));
  }

  Value addPtr(Value pointer, Value offset) {
    return compute(new ElementwiseOp.AddPtr(LOC, new Value(pointer.type()), pointer, offset));
  }

  void reduce(int axis, Block combine, List<Value> inputs, TileRef... results) {
    body.add(new LaneStmt.Reduce(LOC, inputs, axis, combine, List.of(results)));
  }

  /** A combine function that is one operation. */
  static Block combine(BinaryKind kind, DType dtype) {
    Value left = value(dtype);
    Value right = value(dtype);
    Value result = value(dtype);
    return new Block(
        List.of(left, right),
        List.of(
            new ElementwiseOp.Binary(LOC, result, kind, left, right),
            new ControlOp.Yield(LOC, List.of(result))));
  }

  /** The larger number and its index; the lower index where numbers are equal. */
  static Block argMax(DType dtype) {
    Value leftValue = value(dtype);
    Value leftIndex = value(DType.I32);
    Value rightValue = value(dtype);
    Value rightIndex = value(DType.I32);
    List<Op> ops = new ArrayList<>();
    Value greater = value(DType.I1);
    ops.add(new ElementwiseOp.Compare(LOC, greater, CompareKind.GT, leftValue, rightValue));
    Value equal = value(DType.I1);
    ops.add(new ElementwiseOp.Compare(LOC, equal, CompareKind.EQ, leftValue, rightValue));
    Value lower = value(DType.I1);
    ops.add(new ElementwiseOp.Compare(LOC, lower, CompareKind.LT, leftIndex, rightIndex));
    Value tie = value(DType.I1);
    ops.add(new ElementwiseOp.Binary(LOC, tie, BinaryKind.AND, equal, lower));
    Value left = value(DType.I1);
    ops.add(new ElementwiseOp.Binary(LOC, left, BinaryKind.OR, greater, tie));
    Value best = value(dtype);
    ops.add(new ElementwiseOp.Select(LOC, best, left, leftValue, rightValue));
    Value at = value(DType.I32);
    ops.add(new ElementwiseOp.Select(LOC, at, left, leftIndex, rightIndex));
    ops.add(new ControlOp.Yield(LOC, List.of(best, at)));
    return new Block(List.of(leftValue, leftIndex, rightValue, rightIndex), ops);
  }
}
