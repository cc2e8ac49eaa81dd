package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Appends operations to the block that is being built and derives their result types. Operands must
 * already satisfy the operations' rules (the verifier tells); nothing is folded here.
 */
public final class IrBuilder {
  private List<Op> ops = new ArrayList<>();
  private Location location = Location.UNKNOWN;

  public Location location() {
    return location;
  }

  /** Operations that follow carry this location. */
  public void at(Location location) {
    this.location = location;
  }

  /** Appends an operation made elsewhere. */
  public <T extends Op> T append(T op) {
    ops.add(op);
    return op;
  }

  /**
   * Collects the operations that the action appends, its terminator included, into a block of their
   * own.
   */
  public Block block(List<Value> params, Runnable action) {
    List<Op> outer = ops;
    ops = new ArrayList<>();
    try {
      action.run();
      return new Block(params, ops);
    } finally {
      ops = outer;
    }
  }

  /**
   * Collects the operations that the action appends, without making a block of them; for work that
   * is done on trial or placed later.
   */
  public List<Op> collect(Runnable action) {
    List<Op> outer = ops;
    ops = new ArrayList<>();
    try {
      action.run();
      return ops;
    } finally {
      ops = outer;
    }
  }

  private Value emit(Type type, java.util.function.Function<Value, Op> make) {
    Value result = new Value(type);
    ops.add(make.apply(result));
    return result;
  }

  public Value constant(Type type, Number value) {
    return emit(type, v -> new ElementwiseOp.Constant(location, v, value));
  }

  public Value constant(DType dtype, long value) {
    return constant(Type.scalar(dtype), value);
  }

  public Value constant(DType dtype, double value) {
    return constant(Type.scalar(dtype), value);
  }

  public Value unary(UnaryKind kind, Value operand) {
    Type type =
        kind == UnaryKind.CLZ || kind == UnaryKind.POPC
            ? operand.type().withDType(DType.I32)
            : operand.type();
    return emit(type, v -> new ElementwiseOp.Unary(location, v, kind, operand));
  }

  public Value binary(BinaryKind kind, Value left, Value right) {
    return emit(left.type(), v -> new ElementwiseOp.Binary(location, v, kind, left, right));
  }

  public Value compare(CompareKind kind, Value left, Value right) {
    return emit(
        left.type().withDType(DType.I1),
        v -> new ElementwiseOp.Compare(location, v, kind, left, right));
  }

  public Value fma(Value a, Value b, Value c) {
    return emit(a.type(), v -> new ElementwiseOp.Fma(location, v, a, b, c));
  }

  public Value select(Value condition, Value whenTrue, Value whenFalse) {
    return emit(
        whenTrue.type(),
        v -> new ElementwiseOp.Select(location, v, condition, whenTrue, whenFalse));
  }

  /** Casts each element to the element type, which is a scalar or pointer. */
  public Value cast(CastKind kind, Value operand, Type element) {
    return emit(
        operand.type().withElement(element),
        v -> new ElementwiseOp.Cast(location, v, kind, operand));
  }

  public Value cast(CastKind kind, Value operand, DType dtype) {
    return cast(kind, operand, Type.scalar(dtype));
  }

  public Value addPtr(Value pointer, Value offset) {
    return emit(pointer.type(), v -> new ElementwiseOp.AddPtr(location, v, pointer, offset));
  }

  public Value hint(ElementwiseOp.HintKind kind, List<Integer> values, Value operand) {
    return emit(
        operand.type(),
        v -> new ElementwiseOp.Hint(location, v, kind, List.copyOf(values), operand));
  }

  public Value programId(int axis) {
    return emit(Type.scalar(DType.I32), v -> new ElementwiseOp.ProgramId(location, v, axis));
  }

  public Value numPrograms(int axis) {
    return emit(Type.scalar(DType.I32), v -> new ElementwiseOp.NumPrograms(location, v, axis));
  }

  public Value makeRange(int start, int end) {
    return emit(
        Type.tile(Type.scalar(DType.I32), Shape.of(end - start)),
        v -> new ShapeOp.MakeRange(location, v, start));
  }

  public Value splat(Value scalar, Shape shape) {
    return emit(Type.tile(scalar.type(), shape), v -> new ShapeOp.Splat(location, v, scalar));
  }

  public Value unsplat(Value tile) {
    return emit(tile.type().element(), v -> new ShapeOp.Unsplat(location, v, tile));
  }

  public Value expandDims(Value tile, int axis) {
    return emit(
        tile.type().withShape(tile.shape().insert(axis, 1)),
        v -> new ShapeOp.ExpandDims(location, v, axis, tile));
  }

  public Value broadcast(Value tile, Shape shape) {
    return emit(tile.type().withShape(shape), v -> new ShapeOp.Broadcast(location, v, tile));
  }

  public Value reshape(Value tile, Shape shape) {
    return emit(tile.type().withShape(shape), v -> new ShapeOp.Reshape(location, v, tile));
  }

  public Value permute(Value tile, List<Integer> order) {
    int[] dims = order.stream().mapToInt(axis -> tile.shape().dim(axis)).toArray();
    return emit(
        tile.type().withShape(Shape.of(dims)), v -> new ShapeOp.Permute(location, v, order, tile));
  }

  public Value join(Value left, Value right) {
    Shape shape = left.shape().insert(left.shape().rank(), 2);
    return emit(
        Type.tile(left.type().element(), shape), v -> new ShapeOp.Join(location, v, left, right));
  }

  /** The two halves of the last axis, of extent 2. */
  public List<Value> split(Value tile) {
    Type half = Type.tile(tile.type().element(), tile.shape().remove(tile.shape().rank() - 1));
    return append(new ShapeOp.Split(location, new Value(half), new Value(half), tile)).results();
  }

  public Value cat(Value left, Value right, int axis) {
    Shape shape = left.shape().with(axis, left.shape().dim(axis) + right.shape().dim(axis));
    return emit(left.type().withShape(shape), v -> new ShapeOp.Cat(location, v, axis, left, right));
  }

  public Value gather(Value source, Value index, int axis) {
    return emit(
        source.type().withShape(index.shape()),
        v -> new ShapeOp.Gather(location, v, axis, source, index));
  }

  public Value load(
      Value pointer, Optional<Value> mask, Optional<Value> other, MemoryOp.CacheHints hints) {
    return load(pointer, mask, other, hints, Optional.empty());
  }

  public Value load(
      Value pointer,
      Optional<Value> mask,
      Optional<Value> other,
      MemoryOp.CacheHints hints,
      Optional<BlockAccess> block) {
    Type type = pointer.type().withDType(pointer.type().pointee());
    return emit(type, v -> new MemoryOp.Load(location, v, pointer, mask, other, hints, block));
  }

  public void store(Value pointer, Value value, Optional<Value> mask, MemoryOp.CacheHints hints) {
    store(pointer, value, mask, hints, Optional.empty());
  }

  public void store(
      Value pointer,
      Value value,
      Optional<Value> mask,
      MemoryOp.CacheHints hints,
      Optional<BlockAccess> block) {
    ops.add(new MemoryOp.Store(location, pointer, value, mask, hints, block));
  }

  public Value atomicRmw(
      MemoryOp.AtomicKind kind,
      Value pointer,
      Value value,
      Optional<Value> mask,
      String semantics,
      String scope) {
    return emit(
        value.type(),
        v -> new MemoryOp.AtomicRmw(location, v, kind, pointer, value, mask, semantics, scope));
  }

  public Value atomicCas(
      Value pointer, Value expected, Value value, String semantics, String scope) {
    return emit(
        value.type(),
        v -> new MemoryOp.AtomicCas(location, v, pointer, expected, value, semantics, scope));
  }

  public Value readSpecial(String register, DType dtype) {
    return emit(Type.scalar(dtype), v -> new MemoryOp.ReadSpecial(location, v, register));
  }

  public Value dot(
      Value a,
      Value b,
      Value acc,
      ComputeOp.Precision precision,
      boolean signedA,
      boolean signedB) {
    return emit(
        acc.type(), v -> new ComputeOp.Dot(location, v, a, b, acc, precision, signedA, signedB));
  }

  public List<Value> reduce(List<Value> inputs, int axis, Block combine) {
    List<Value> results =
        inputs.stream().map(v -> new Value(v.type().withShape(v.shape().remove(axis)))).toList();
    return append(new ComputeOp.Reduce(location, results, inputs, axis, combine)).results();
  }

  public List<Value> scan(List<Value> inputs, int axis, boolean reverse, Block combine) {
    List<Value> results = inputs.stream().map(v -> new Value(v.type())).toList();
    return append(new ComputeOp.Scan(location, results, inputs, axis, reverse, combine)).results();
  }

  public Value histogram(Value operand, Optional<Value> mask, int bins) {
    Type type = Type.tile(Type.scalar(DType.I32), Shape.of(bins));
    return emit(type, v -> new ComputeOp.Histogram(location, v, operand, mask));
  }

  public void yield(List<Value> values) {
    ops.add(new ControlOp.Yield(location, values));
  }

  public void returnFromKernel() {
    ops.add(new ControlOp.Return(location));
  }

  /** Runs the action at another location and returns to the present one. */
  public <T> T at(Location inner, Supplier<T> action) {
    Location outer = location;
    location = inner;
    try {
      return action.get();
    } finally {
      location = outer;
    }
  }
}
