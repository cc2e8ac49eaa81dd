package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Where rules look values up and put new operations. Every operation that is put here is itself
 * simplified first, so a rule states one step and need not care for what follows.
 */
public final class Rewriting {
  /** Rules that feed each other for ever are a fault; this stops them. */
  private static final int MAX_DEPTH = 64;

  private final RewriteTable table;
  private final Map<Value, Op> definitions = new HashMap<>();
  private List<Op> out = new ArrayList<>();
  private Location location = Location.UNKNOWN;
  private Value named = new Value(Type.scalar(DType.I1));
  private int depth;

  public Rewriting(RewriteTable table) {
    this.table = table;
  }

  /** The operation that defines a value; null for parameters. */
  public Op definition(Value value) {
    return definitions.get(value);
  }

  /** The operation that defines a value, if it is one of that class, else null. */
  public <T extends Op> T definition(Value value, Class<T> type) {
    Op op = definitions.get(value);
    return type.isInstance(op) ? type.cast(op) : null;
  }

  /** The number that a value is, in each element if it is a tile; null if that is not known. */
  public Number constant(Value value) {
    var constant = definition(value, ElementwiseOp.Constant.class);
    return constant == null ? null : constant.value();
  }

  public boolean isConstant(Value value, long number) {
    return constant(value) instanceof Long constant && constant == number;
  }

  /** Whether a tile has one value in all its elements, and that is known without looking. */
  public boolean isUniform(Value value) {
    Op op = definitions.get(value);
    return value.type().isTile()
        && (op instanceof ShapeOp.Splat || op instanceof ElementwiseOp.Constant);
  }

  /** The one value of a uniform tile, as a scalar. */
  public Value scalarOf(Value uniform) {
    return switch (definitions.get(uniform)) {
      case ShapeOp.Splat splat -> splat.operand();
      case ElementwiseOp.Constant constant ->
          constant(constant.result().type().element(), constant.value());
      case null, default -> throw new IllegalArgumentException(uniform + " is not uniform");
    };
  }

  // ---------------------------------------------------------------- emission

  /** Collects what the action puts, and returns it. */
  List<Op> collect(Runnable action) {
    List<Op> outer = out;
    out = new ArrayList<>();
    try {
      action.run();
      return out;
    } finally {
      out = outer;
    }
  }

  /** Puts an operation as it is. */
  void append(Op op) {
    out.add(op);
    note(op);
  }

  /** Makes an operation's results known to the rules. */
  void note(Op op) {
    for (Value result : op.results()) {
      definitions.put(result, op);
    }
  }

  /** Simplifies an operation of the program; what is put for it carries its name and location. */
  List<Value> simplify(Op op) {
    location = op.loc();
    if (!op.results().isEmpty()) {
      named = op.results().getFirst();
    }
    return emit(op);
  }

  /** Puts an operation, or what the rules make of it; returns the values to use as its results. */
  public List<Value> emit(Op op) {
    if (depth < MAX_DEPTH) {
      depth++;
      try {
        List<Value> replacement = table.rewrite(op, this);
        if (replacement != null) {
          return replacement;
        }
      } finally {
        depth--;
      }
    }
    append(op);
    return op.results();
  }

  public Location location() {
    return location;
  }

  /** A value to define; it has the name of what is being rewritten if it could stand for it. */
  public Value fresh(Type type) {
    return new Value(type, type.equals(named.type()) ? named.hint() : "");
  }

  private Value put(Type type, Function<Value, Op> make) {
    return emit(make.apply(fresh(type))).getFirst();
  }

  public Value constant(Type type, Number value) {
    return put(type, v -> new ElementwiseOp.Constant(location, v, value));
  }

  public Value unary(UnaryKind kind, Value operand) {
    Type type =
        kind == UnaryKind.CLZ || kind == UnaryKind.POPC
            ? operand.type().withDType(DType.I32)
            : operand.type();
    return put(type, v -> new ElementwiseOp.Unary(location, v, kind, operand));
  }

  public Value binary(BinaryKind kind, Value left, Value right) {
    return put(left.type(), v -> new ElementwiseOp.Binary(location, v, kind, left, right));
  }

  public Value compare(CompareKind kind, Value left, Value right) {
    return put(
        left.type().withDType(DType.I1),
        v -> new ElementwiseOp.Compare(location, v, kind, left, right));
  }

  public Value select(Value condition, Value whenTrue, Value whenFalse) {
    return put(
        whenTrue.type(),
        v -> new ElementwiseOp.Select(location, v, condition, whenTrue, whenFalse));
  }

  public Value cast(CastKind kind, Value operand, Type type) {
    return put(type, v -> new ElementwiseOp.Cast(location, v, kind, operand));
  }

  public Value addPtr(Value pointer, Value offset) {
    return put(pointer.type(), v -> new ElementwiseOp.AddPtr(location, v, pointer, offset));
  }

  /** An integer, scalar or tile, as {@code i64}. */
  public Value toI64(Value integer) {
    return integer.dtype() == DType.I64
        ? integer
        : cast(CastKind.EXTS, integer, integer.type().withDType(DType.I64));
  }

  public Value splat(Value scalar, Shape shape) {
    return put(Type.tile(scalar.type(), shape), v -> new ShapeOp.Splat(location, v, scalar));
  }

  public Value broadcast(Value tile, Shape shape) {
    return put(tile.type().withShape(shape), v -> new ShapeOp.Broadcast(location, v, tile));
  }

  public Value expandDims(Value tile, int axis) {
    Type type = tile.type().withShape(tile.shape().insert(axis, 1));
    return put(type, v -> new ShapeOp.ExpandDims(location, v, axis, tile));
  }

  public Value reshape(Value tile, Shape shape) {
    return put(tile.type().withShape(shape), v -> new ShapeOp.Reshape(location, v, tile));
  }

  public Value permute(Value tile, List<Integer> order) {
    int[] dims = order.stream().mapToInt(axis -> tile.shape().dim(axis)).toArray();
    Type type = tile.type().withShape(Shape.of(dims));
    return put(type, v -> new ShapeOp.Permute(location, v, order, tile));
  }
}
