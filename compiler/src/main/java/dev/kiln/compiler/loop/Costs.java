package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/** What it costs to compute an element again rather than to read it from scratch memory. */
final class Costs {
  /** About what a store and a load cost. */
  private static final int CHEAP = 6;

  /** For an element that is computed again and again along an axis where it does not change. */
  private static final int CHEAP_TO_REPEAT = 2;

  private static final int DEAR = 100;

  /** Lane statements of one nest, so that the methods made of nests stay small enough for a JIT. */
  static final int NEST_LIMIT = 160;

  private final Uses uses;
  private final LoopOptions options;
  private final Predicate<Value> isLocated;
  private final Predicate<MemoryOp.Load> isReloadable;
  private final Map<Value, Integer> costs = new HashMap<>();
  private final Map<Value, Boolean> reads = new HashMap<>();
  private final Map<Value, Set<Value>> inlined = new HashMap<>();

  Costs(
      Uses uses,
      LoopOptions options,
      Predicate<Value> isLocated,
      Predicate<MemoryOp.Load> isReloadable) {
    this.uses = uses;
    this.options = options;
    this.isLocated = isLocated;
    this.isReloadable = isReloadable;
  }

  /**
   * Whether a tile is computed wherever it is wanted.
   *
   * @param repeated whether several indices of the nest want the same element
   */
  boolean isCheap(Value tile, boolean repeated) {
    int limit = repeated && readsMemory(tile) ? CHEAP_TO_REPEAT : CHEAP;
    return cost(tile) <= (options.recompute() ? limit : 0);
  }

  /** Whether more than index arithmetic is needed. */
  private boolean readsMemory(Value value) {
    if (!value.type().isTile()) {
      return false;
    }
    Boolean known = reads.get(value);
    if (known == null) {
      Op op = uses.definition(value).orElse(null);
      known =
          op == null
              || !Uses.isLazy(op)
              || op instanceof MemoryOp.Load
              || op.operands().stream().anyMatch(this::readsMemory);
      reads.put(value, known);
    }
    return known;
  }

  private int cost(Value value) {
    if (!value.type().isTile()) {
      return 0;
    }
    Integer known = costs.get(value);
    if (known == null) {
      known =
          isLocated.test(value) ? 1 : uses.definition(value).map(op -> cost(op, value)).orElse(1);
      costs.put(value, known);
    }
    return known;
  }

  private int cost(Op op, Value value) {
    int own =
        switch (op) {
          case ElementwiseOp e -> elementwise(e, value);
          case ShapeOp s -> shape(s);
          case MemoryOp.Load l -> options.reload() && isReloadable.test(l) ? 1 : DEAR;
          case ComputeOp.Dot d -> 1;
          default -> DEAR;
        };
    if (own >= DEAR || op instanceof ComputeOp.Dot) {
      return own;
    }
    int sum = own;
    for (Value operand : op.operands()) {
      sum += isIndex(op, operand) || sum >= DEAR ? 0 : cost(operand);
    }
    return Math.min(DEAR, sum);
  }

  /** Addresses and masks of loads that may be repeated are mostly strides and ranges. */
  private boolean isIndex(Op op, Value operand) {
    return switch (op) {
      case MemoryOp.Load l -> operand.equals(l.pointer()) || !readsMemory(operand);
      case ElementwiseOp.Select s -> operand.equals(s.condition()) && isRange(operand);
      default -> false;
    };
  }

  /** Whether a condition compares indices along one axis at a time. */
  private boolean isRange(Value condition) {
    if (!condition.type().isTile()) {
      return true;
    }
    return switch (uses.definition(condition).orElse(null)) {
      case ElementwiseOp.Compare c ->
          !readsMemory(condition)
              && IntStream.range(0, condition.shape().rank())
                      .filter(a -> condition.shape().dim(a) > 1)
                      .count()
                  <= 1;
      case ElementwiseOp.Binary b when b.kind() == BinaryKind.AND ->
          isRange(b.left()) && isRange(b.right());
      case ShapeOp.Splat s -> true;
      case ShapeOp.Broadcast b -> isRange(b.operand());
      case ShapeOp.ExpandDims e -> isRange(e.operand());
      case null, default -> false;
    };
  }

  private static int shape(ShapeOp op) {
    return op instanceof ShapeOp.Join || op instanceof ShapeOp.Cat || op instanceof ShapeOp.Gather
        ? DEAR
        : 0;
  }

  private static int elementwise(ElementwiseOp op, Value value) {
    return switch (op) {
      case ElementwiseOp.Constant c -> 0;
      case ElementwiseOp.Hint h -> 0;
      case ElementwiseOp.Unary u -> u.kind().isApproximate() ? DEAR : 1;
      case ElementwiseOp.Binary b -> binary(b.kind());
      case ElementwiseOp.Cast c -> cast(c, value.dtype());
      case ElementwiseOp.Compare c -> 1;
      case ElementwiseOp.Fma f -> 1;
      case ElementwiseOp.Select s -> 1;
      case ElementwiseOp.AddPtr a -> 1;
      case ElementwiseOp.ProgramId p -> 0;
      case ElementwiseOp.NumPrograms n -> 0;
    };
  }

  private static int binary(BinaryKind kind) {
    return switch (kind) {
      case DIV, REM, DIVS, DIVU, REMS, REMU, MULHU, MULHS -> DEAR;
      default -> 1;
    };
  }

  private static int cast(ElementwiseOp.Cast cast, DType to) {
    DType from = cast.operand().dtype();
    if (from.isFp8() || to.isFp8()) {
      return 4;
    }
    return cast.kind() == CastKind.FPTRUNC || cast.kind() == CastKind.FPTOSI ? 2 : 1;
  }

  /** Whether so much would be computed in line for a tile that it has to be kept. */
  boolean isTooLong(Value tile) {
    return inlined(tile).size() > NEST_LIMIT / 2;
  }

  private Set<Value> inlined(Value tile) {
    Set<Value> known = inlined.get(tile);
    if (known == null) {
      known = new HashSet<>();
      Op op = uses.definition(tile).orElse(null);
      if (tile.type().isTile() && op != null && Uses.isLazy(op) && !isLocated.test(tile)) {
        known.add(tile);
        for (Value operand : op.operands()) {
          known.addAll(inlined(operand));
        }
      }
      inlined.put(tile, known);
    }
    return known;
  }

  /** Forgets what was counted for a tile that is now in memory. */
  void noteLocated(Value tile) {
    inlined.put(tile, Set.of());
    costs.put(tile, 1);
  }
}
