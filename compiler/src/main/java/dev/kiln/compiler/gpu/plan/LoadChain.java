package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.plan.PipelinedLoop.Copy;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** What leads, element by element, from loads that run ahead to an operand of a product. */
final class LoadChain {
  private final Uses uses;
  private final Recomputation recomputation;
  private final Map<Value, Copy> copies;
  private final Set<Op> ops = Collections.newSetFromMap(new IdentityHashMap<>());
  private Copy main;

  /**
   * For each axis of the operand the axis of the main load; {@code null} if it is not so simple.
   */
  private int[] axes;

  private int work;

  private LoadChain(Uses uses, Recomputation recomputation, Map<Value, Copy> copies) {
    this.uses = uses;
    this.recomputation = recomputation;
    this.copies = copies;
  }

  /**
   * The chain to an operand; empty if it takes something else than such loads and what is
   * recomputed anyway, or if something else needs what is computed on the way.
   */
  static Optional<LoadChain> of(
      Uses uses, Recomputation recomputation, Map<Value, Copy> copies, Dot dot, Value operand) {
    var chain = new LoadChain(uses, recomputation, copies);
    int[] axes = IntStream.range(0, operand.shape().rank()).toArray();
    return chain.reach(operand, axes) && chain.main != null && chain.isExclusive(dot)
        ? Optional.of(chain)
        : Optional.empty();
  }

  /** The operations, in no order. */
  Set<Op> ops() {
    return ops;
  }

  /** The largest load. */
  Copy main() {
    return main;
  }

  /** Whether elements of the main load become those of the operand one by one. */
  boolean isStraight() {
    return axes != null;
  }

  /** The axis of the operand along which the main load has neighbours. */
  int fastAxis(int rank) {
    for (int axis = 0; axes != null && axis < rank; axis++) {
      if (axes[axis] == main.axis()) {
        return axis;
      }
    }
    return rank - 1;
  }

  /** For each axis of the main load that of the operand. */
  Integer[] axesOfLoad() {
    var inverse = new Integer[axes.length];
    for (int axis = 0; axis < axes.length; axis++) {
      inverse[axes[axis]] = axis;
    }
    return inverse;
  }

  /** Instructions for each element of the operand. */
  int work() {
    return work;
  }

  /**
   * @param path for each axis of the operand that of the value; {@code null} if there is no such
   */
  private boolean reach(Value value, int[] path) {
    if (!value.type().isTile() || recomputation.isRecomputed(value)) {
      return true;
    }
    Copy copy = copies.get(value);
    if (copy != null) {
      if (main == null || size(value) > size(main.load().result())) {
        main = copy;
        axes = path;
      }
      return true;
    }
    Op op = uses.definition(value).orElse(null);
    if (op == null || !ops.add(op)) {
      return op != null;
    }
    return switch (op) {
      case ElementwiseOp elementwise -> {
        work += work(elementwise);
        yield elementwise.operands().stream().allMatch(operand -> reach(operand, path));
      }
      case ShapeOp.Permute permute -> reach(permute.operand(), permuted(path, permute));
      case ShapeOp.Gather gather -> false;
      case ShapeOp.Unsplat unsplat -> false;
      case ShapeOp shape -> shape.operands().stream().allMatch(operand -> reach(operand, null));
      default -> false;
    };
  }

  private static int size(Value tile) {
    return tile.shape().size();
  }

  private static int[] permuted(int[] path, ShapeOp.Permute permute) {
    return path == null
        ? null
        : IntStream.of(path).map(axis -> permute.order().get(axis)).toArray();
  }

  private static int work(ElementwiseOp op) {
    return op instanceof ElementwiseOp.Cast cast && cast.kind() != CastKind.BITCAST
        ? castWork(cast.operand().dtype())
        : 1;
  }

  /** Instructions of a conversion: what is narrow is taken out of its word, and widened, first. */
  static int castWork(DType from) {
    return switch (from.bytes()) {
      case 1 -> 3;
      case 2 -> 2;
      default -> 1;
    };
  }

  private boolean isExclusive(Dot dot) {
    return ops.stream()
        .flatMap(op -> op.results().stream())
        .flatMap(result -> uses.users(result).stream())
        .allMatch(user -> user == dot || ops.contains(user));
  }
}
