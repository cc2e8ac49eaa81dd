package dev.kiln.compiler.eval;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.eval.RandomKernel.Argument;
import dev.kiln.compiler.eval.RandomKernel.Buffer;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One kernel while it is made: the values that may be used at this point, the parameters, and what
 * every kind of step needs. Each step takes values from the pool and adds what it computes.
 */
final class KernelGenerator {
  private static final int MAX_OUTPUTS = 6;
  private static final double APPROXIMATE_ERROR = 1e-4;

  final IrBuilder builder = new IrBuilder();
  final RandomNumbers random;
  final RandomKernels.Features features;
  private final long seed;
  private final Grid grid;
  private final List<TileFunction.Param> params = new ArrayList<>();
  private final List<Argument> arguments = new ArrayList<>();
  private List<Value> pool = new ArrayList<>();
  private final Set<Value> used = new HashSet<>();
  private Value program;
  private int depth;

  KernelGenerator(long seed, RandomKernels.Features features) {
    this.seed = seed;
    this.features = features;
    this.random = new RandomNumbers(seed);
    this.grid = new Grid(1 + random.below(3), 1 + random.below(2), 1);
  }

  RandomKernel generate() {
    Block body =
        builder.block(
            List.of(),
            () -> {
              program = programIndex();
              for (int i = 0; i < 3; i++) {
                add(MemorySource.load(this, random.dtype(features, hasE4nv()), random.shape()));
              }
              var steps = new GeneratorSteps(this);
              for (int i = 0; i < features.steps(); i++) {
                steps.addOne();
              }
              storeResults();
              builder.returnFromKernel();
            });
    List<Value> blockParams = params.stream().map(TileFunction.Param::value).toList();
    var function =
        new TileFunction(
            Location.UNKNOWN, "random_" + seed, params, new Block(blockParams, body.ops()));
    return new RandomKernel(seed, function, grid, arguments);
  }

  /** Index of the program in the launch, in a scalar. */
  private Value programIndex() {
    Value row = builder.binary(BinaryKind.MUL, builder.programId(1), builder.numPrograms(0));
    return builder.binary(BinaryKind.ADD, row, builder.programId(0));
  }

  Value program() {
    return program;
  }

  int programs() {
    return grid.x() * grid.y();
  }

  /** A new pointer parameter with an array of its own. */
  Value buffer(String prefix, DType dtype, byte[] content, boolean isConst, double relativeError) {
    String name = prefix + params.size();
    Value value = new Value(Type.pointer(dtype), name);
    params.add(new TileFunction.Param(name, value, dtype, 16, isConst));
    arguments.add(new Buffer(name, dtype, content, relativeError));
    return value;
  }

  /** A new scalar parameter. */
  Value scalar(DType dtype, Number number) {
    return scalar(dtype, number, 1);
  }

  /** A new scalar parameter that is known to be a multiple of something. */
  Value scalar(DType dtype, Number number, int divisibility) {
    String name = "n" + params.size();
    Value value = new Value(Type.scalar(dtype), name);
    params.add(new TileFunction.Param(name, value, dtype, divisibility, false));
    arguments.add(new RandomKernel.Scalar(number));
    return value;
  }

  /** A distance of rows, known to the compiler or not. */
  Value stride(int elements) {
    return switch (random.below(3)) {
      case 0 -> builder.constant(DType.I32, (long) elements);
      case 1 -> scalar(DType.I32, (long) elements);
      default -> scalar(DType.I32, (long) elements, Math.min(16, Integer.lowestOneBit(elements)));
    };
  }

  Value add(Value value) {
    pool.add(value);
    return value;
  }

  /** Any value of the pool that the predicate holds for. */
  Optional<Value> find(Predicate<Value> wanted) {
    List<Value> candidates = pool.stream().filter(wanted).toList();
    if (candidates.isEmpty()) {
      return Optional.empty();
    }
    // Later values more often, so that chains grow.
    int last = candidates.size() - 1;
    int index =
        random.below(2) == 0 ? last - random.below(Math.min(4, last + 1)) : random.below(last + 1);
    used.add(candidates.get(index));
    return Optional.of(candidates.get(index));
  }

  Value anyTile() {
    return find(v -> v.type().isTile())
        .orElseGet(
            () -> add(MemorySource.load(this, random.dtype(features, hasE4nv()), random.shape())));
  }

  /** A value of the type: one of the pool, or a new one. */
  Value ofType(Type type) {
    Optional<Value> found =
        random.below(4) == 0 ? Optional.empty() : find(v -> v.type().equals(type));
    return found.orElseGet(() -> add(make(type)));
  }

  private Value make(Type type) {
    if (!type.isTile() || random.below(3) == 0) {
      return constant(type);
    }
    if (type.dtype().isBool()) {
      Value range = indices(type.shape());
      Value bound = builder.constant(range.type(), (long) random.below(type.shape().size() + 1));
      CompareKind kind = random.below(2) == 0 ? CompareKind.LT : CompareKind.GE;
      return builder.compare(kind, range, bound);
    }
    Optional<Value> scalar = find(v -> v.type().equals(type.element()));
    return scalar.isPresent() && random.below(2) == 0
        ? builder.splat(scalar.get(), type.shape())
        : MemorySource.load(this, type.dtype(), type.shape());
  }

  Value constant(Type type) {
    return type.dtype().isFloat()
        ? builder.constant(type, random.special(type.dtype()))
        : builder.constant(type, random.specialLong(type.dtype()));
  }

  Value constant(Type type, long number) {
    return builder.constant(type, number);
  }

  /** The row-major index of each element, {@code i32}. */
  Value indices(Shape shape) {
    Value range = builder.makeRange(0, shape.size());
    return shape.rank() == 1 ? range : builder.reshape(range, shape);
  }

  /** Whether {@code fp8e4nv} occurs, which some GPUs refuse. */
  boolean hasE4nv() {
    return features.fp8() && seed % 4 == 0;
  }

  /** Small integers of a float type, so that sums of a few hundred are exact in any order. */
  Value smallIntegers(Value ints, DType dtype) {
    long mask = dtype == DType.BF16 || dtype.isFp8() ? 1 : 7;
    Value few = builder.binary(BinaryKind.AND, ints, constant(ints.type(), mask));
    return builder.cast(CastKind.SITOFP, few, dtype);
  }

  /** Combines two elements of a tile. */
  Block combining(BinaryKind kind, Value tile) {
    Type element = tile.type().element();
    List<Value> pair = List.of(new Value(element), new Value(element));
    return builder.block(
        pair, () -> builder.yield(List.of(builder.binary(kind, pair.get(0), pair.get(1)))));
  }

  /** Runs an action whose new values are not seen afterwards. */
  void nested(Runnable action) {
    List<Value> outer = pool;
    pool = new ArrayList<>(pool);
    depth++;
    action.run();
    depth--;
    pool = outer;
  }

  int depth() {
    return depth;
  }

  private void storeResults() {
    List<Value> results = new ArrayList<>(pool.stream().filter(v -> !used.contains(v)).toList());
    while (results.size() > MAX_OUTPUTS) {
      results.remove(random.below(results.size()));
    }
    for (Value result : results) {
      store(result);
    }
  }

  /** Stores a value, at times a function of it, to an array of its own. */
  void store(Value result) {
    boolean approximate =
        features.approximate()
            && (result.dtype() == DType.FP32 || result.dtype() == DType.FP64)
            && random.below(3) == 0;
    Value value = approximate ? approximated(result) : result;
    Shape shape = value.shape();
    int size = shape.size();
    byte[] zeros = new byte[programs() * size * value.dtype().bytes()];
    Value out = buffer("out", value.dtype(), zeros, false, approximate ? APPROXIMATE_ERROR : 0);
    Value first = builder.binary(BinaryKind.MUL, program, builder.constant(DType.I32, (long) size));
    if (!value.type().isTile()) {
      builder.store(builder.addPtr(out, first), value, Optional.empty(), MemoryOp.CacheHints.NONE);
      return;
    }
    Value offsets = builder.binary(BinaryKind.ADD, builder.splat(first, shape), indices(shape));
    Value pointers = builder.addPtr(builder.splat(out, shape), offsets);
    Optional<Value> mask =
        random.below(3) == 0
            ? Optional.of(ofType(Type.tile(Type.scalar(DType.I1), shape)))
            : Optional.empty();
    builder.store(pointers, value, mask, MemoryOp.CacheHints.NONE);
  }

  /** A function that devices approximate, of arguments for which they do so well. */
  private Value approximated(Value value) {
    UnaryKind[] kinds = {
      UnaryKind.EXP,
      UnaryKind.EXP2,
      UnaryKind.LOG,
      UnaryKind.LOG2,
      UnaryKind.SIN,
      UnaryKind.COS,
      UnaryKind.TANH,
      UnaryKind.ERF,
      UnaryKind.RSQRT
    };
    UnaryKind kind = kinds[random.below(kinds.length)];
    boolean positive = kind == UnaryKind.LOG || kind == UnaryKind.LOG2 || kind == UnaryKind.RSQRT;
    Value low = builder.constant(value.type(), (positive ? 0.25 : -6.0));
    Value high = builder.constant(value.type(), 6.0);
    Value clamped =
        builder.binary(BinaryKind.MIN, builder.binary(BinaryKind.MAX, value, low), high);
    return builder.unary(kind, clamped);
  }
}
