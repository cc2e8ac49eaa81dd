package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Splits a mask into index ranges along the nest's axes and a remainder that is computed element by
 * element. A conjunction of comparisons of affine tiles, each varying along one axis, is all
 * ranges.
 */
final class MaskLowering {
  private final Pull pull;
  private final ScalarCode scalars;
  private final Map<Integer, Sc> lower = new HashMap<>();
  private final Map<Integer, Sc> upper = new HashMap<>();
  private final Optional<Map<Integer, List<Value>>> alongAxes;

  /** Whether conditions of the whole tile are no ranges, unless there is a range for them. */
  private final boolean keepsConditions;

  private final List<Value> conditions = new ArrayList<>();
  private Optional<Value> lane = Optional.empty();

  private MaskLowering(
      Pull pull, Optional<Map<Integer, List<Value>>> alongAxes, boolean keepsConditions) {
    this.pull = pull;
    this.alongAxes = alongAxes;
    this.keepsConditions = keepsConditions;
    this.scalars = pull.kernel().scalars();
  }

  static LaneStmt.Mask lower(Pull pull, Optional<Value> mask, IndexMap map) {
    return lower(pull, mask, map, Optional.empty(), false);
  }

  /**
   * The mask of a load of what is the same along the nest's first axis: it should not get a range
   * along that axis, on which nothing else depends.
   */
  static LaneStmt.Mask lowerConstantAlongFirst(Pull pull, Optional<Value> mask, IndexMap map) {
    return lower(pull, mask, map, Optional.empty(), true);
  }

  /**
   * @param alongAxes receives, for an axis, conditions that vary along it alone and are no ranges
   */
  static LaneStmt.Mask lower(
      Pull pull, Optional<Value> mask, IndexMap map, Map<Integer, List<Value>> alongAxes) {
    return lower(pull, mask, map, Optional.of(alongAxes), false);
  }

  private static LaneStmt.Mask lower(
      Pull pull,
      Optional<Value> mask,
      IndexMap map,
      Optional<Map<Integer, List<Value>>> alongAxes,
      boolean keepsConditions) {
    if (mask.isEmpty()) {
      return LaneStmt.Mask.ALL;
    }
    var lowering = new MaskLowering(pull, alongAxes, keepsConditions);
    lowering.conjunct(mask.get(), map);
    return lowering.result();
  }

  private LaneStmt.Mask result() {
    boolean hasRange = lower.containsKey(0) || upper.containsKey(0);
    for (Value condition : conditions) {
      if (keepsConditions && !hasRange) {
        and(pull.require(condition));
      } else {
        limitUpper(0, scalars.select(condition, pull.dims()[0], 0));
      }
    }
    List<LoopStmt.Bound> bounds = new ArrayList<>();
    for (int j = 0; j < pull.dims().length; j++) {
      Optional<Value> from = side(lower.get(j), 0);
      Optional<Value> to = side(upper.get(j), pull.dims()[j]);
      if (from.isPresent() || to.isPresent()) {
        bounds.add(new LoopStmt.Bound(j, from, to));
      }
    }
    return new LaneStmt.Mask(bounds, lane);
  }

  /** A side of a range, unless it is at or beyond the edge of the index space. */
  private Optional<Value> side(Sc limit, int edge) {
    if (limit == null) {
      return Optional.empty();
    }
    boolean beyond = edge == 0 ? limit.constant() <= 0 : limit.constant() >= edge;
    if (limit.isConstant() && beyond) {
      return Optional.empty();
    }
    return Optional.of(pull.require(scalars.value(limit)));
  }

  private void conjunct(Value mask, IndexMap map) {
    if (!mask.type().isTile()) {
      uniform(mask);
      return;
    }
    Op op = pull.kernel().uses().definition(mask).orElse(null);
    if (op == null) {
      perLane(mask, map);
      return;
    }
    Optional<ShapeMaps.Step> step = ShapeMaps.through(op, mask, map, pull.dims());
    if (step.isPresent()) {
      conjunct(step.get().operand(), step.get().map());
      return;
    }
    switch (op) {
      case ShapeOp.Splat splat -> uniform(splat.operand());
      case ElementwiseOp.Constant c -> {
        if (c.value().longValue() == 0) {
          limitUpper(0, Sc.of(0, DType.I64));
        }
      }
      case ElementwiseOp.Binary b when b.kind() == BinaryKind.AND -> {
        conjunct(b.left(), map);
        conjunct(b.right(), map);
      }
      case ElementwiseOp.Compare c -> {
        if (!compare(c, map)) {
          perLane(mask, map);
        }
      }
      default -> perLane(mask, map);
    }
  }

  private void perLane(Value mask, IndexMap map) {
    if (alongAxes.isPresent() && mask.shape().rank() == 1) {
      Optional<Integer> axis = map.plainAxis(0);
      if (axis.isPresent() && mask.shape().dim(0) == pull.dims()[axis.get()]) {
        alongAxes.get().computeIfAbsent(axis.get(), a -> new ArrayList<>()).add(mask);
        return;
      }
    }
    and(pull.pull(mask, map));
  }

  private void and(Value condition) {
    lane = Optional.of(lane.map(l -> pull.binary(BinaryKind.AND, l, condition)).orElse(condition));
  }

  private void uniform(Value condition) {
    Optional<Number> constant = scalars.constant(condition);
    if (constant.isEmpty()) {
      conditions.add(condition);
    } else if (constant.get().longValue() == 0) {
      limitUpper(0, Sc.of(0, DType.I64));
    }
  }

  private void limitUpper(int axis, Sc limit) {
    upper.merge(axis, limit, scalars::min);
  }

  private void limitLower(int axis, Sc limit) {
    lower.merge(axis, limit, scalars::max);
  }

  private boolean compare(ElementwiseOp.Compare op, IndexMap map) {
    Optional<Form> left = form(op.left(), map);
    Optional<Form> right = form(op.right(), map);
    if (left.isEmpty() || right.isEmpty()) {
      return false;
    }
    int axis = -1;
    long stride = 0;
    for (int j = 0; j < pull.dims().length; j++) {
      Sc l = scalars.wide(left.get().strides().get(j));
      Sc difference = scalars.sub(l, scalars.wide(right.get().strides().get(j)));
      if (difference.is(0)) {
        continue;
      }
      if (axis >= 0 || !difference.isConstant()) {
        return false;
      }
      axis = j;
      stride = difference.constant();
    }
    Sc l = left.get().base();
    Sc r = right.get().base();
    if (axis < 0) {
      uniform(scalars.compare(op.kind(), scalars.value(l), scalars.value(r)));
      return true;
    }
    return range(op.kind(), axis, stride, scalars.wide(l), scalars.wide(r));
  }

  private Optional<Form> form(Value value, IndexMap map) {
    FormAnalysis forms = pull.kernel().forms();
    return forms
        .of(value)
        .flatMap(f -> forms.under(f, map))
        .filter(f -> f.opaques().isEmpty() && !f.isPointer());
  }

  /** The range of {@code i} in which {@code stride * i + l} compares with {@code r} as told. */
  private boolean range(CompareKind kind, int axis, long stride, Sc l, Sc r) {
    Sc one = Sc.of(1, DType.I64);
    switch (kind) {
      case LT -> below(axis, stride, scalars.sub(r, l), scalars.sub(l, r));
      case LE ->
          below(
              axis,
              stride,
              scalars.add(scalars.sub(r, l), one),
              scalars.sub(scalars.sub(l, r), one));
      case GT -> below(axis, -stride, scalars.sub(l, r), scalars.sub(r, l));
      case GE ->
          below(
              axis,
              -stride,
              scalars.add(scalars.sub(l, r), one),
              scalars.sub(scalars.sub(r, l), one));
      case EQ -> {
        if (Math.abs(stride) != 1) {
          return false;
        }
        Sc at = stride == 1 ? scalars.sub(r, l) : scalars.sub(l, r);
        limitLower(axis, at);
        limitUpper(axis, scalars.add(at, one));
      }
      case NE, ULT, ULE, UGT, UGE -> {
        return false;
      }
    }
    return true;
  }

  /** {@code stride * i < distance}, where {@code negated = -distance}. */
  private void below(int axis, long stride, Sc distance, Sc negated) {
    if (stride > 0) {
      // Rounded up: i < distance / stride.
      Sc rounded = scalars.add(distance, Sc.of(stride - 1, DType.I64));
      limitUpper(axis, scalars.floorDiv(rounded, stride));
    } else {
      Sc quotient = scalars.floorDiv(negated, -stride);
      limitLower(axis, scalars.add(quotient, Sc.of(1, DType.I64)));
    }
  }
}
