package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An attempt to compute values in a group: collects the lane statements that it would add, what
 * they touch, and what would have to be in memory first. Nothing changes until it is committed.
 */
final class Pull {
  private final KernelLowering kernel;
  private final Group group;
  private final int index;
  private final Map<Object, Value> lanes = new HashMap<>();
  private final List<LaneStmt> computations = new ArrayList<>();
  private final List<LaneStmt> effects = new ArrayList<>();
  private final List<Access> accesses = new ArrayList<>();
  private final Map<Value, LaneHome> kept = new LinkedHashMap<>();
  private final Map<Value, List<IndexMap>> pulled = new LinkedHashMap<>();
  private final Set<Value> needs = new LinkedHashSet<>();
  private final Set<RowVector> neededVectors = new LinkedHashSet<>();
  private boolean isImpossible;
  private Location location = Location.UNKNOWN;

  /**
   * @param index where the group stands or would stand among its region's items
   */
  Pull(KernelLowering kernel, Group group, int index) {
    this.kernel = kernel;
    this.group = group;
    this.index = index;
  }

  private record LaneKey(Value value, IndexMap map) {}

  private record ConstantKey(Type type, Number number) {}

  private record IndexKey(int axis) {}

  Group group() {
    return group;
  }

  int index() {
    return index;
  }

  int[] dims() {
    return group.dims();
  }

  KernelLowering kernel() {
    return kernel;
  }

  List<LaneStmt> computations() {
    return computations;
  }

  List<LaneStmt> effects() {
    return effects;
  }

  List<Access> accesses() {
    return accesses;
  }

  Map<Object, Value> lanes() {
    return lanes;
  }

  Map<Value, LaneHome> kept() {
    return kept;
  }

  Map<Value, List<IndexMap>> pulled() {
    return pulled;
  }

  Set<Value> needs() {
    return needs;
  }

  Set<RowVector> neededVectors() {
    return neededVectors;
  }

  boolean isComplete() {
    return !isImpossible && needs.isEmpty() && neededVectors.isEmpty();
  }

  int cost() {
    return computations.size() + 4 * kept.size();
  }

  /** Whether it writes what it reads at another index. */
  boolean contradictsItself() {
    for (Access a : accesses) {
      for (Access b : accesses) {
        boolean fence = a.place() instanceof Access.Fence || b.place() instanceof Access.Fence;
        if (a != b && !fence && a.relationTo(b) == Access.Relation.MAY_OVERLAP) {
          return true;
        }
      }
    }
    return false;
  }

  void at(Location loc) {
    location = loc;
  }

  void effect(LaneStmt statement) {
    effects.add(statement);
  }

  void access(Access access) {
    accesses.add(access);
  }

  private Value impossible(Type type) {
    isImpossible = true;
    return new Value(type.element());
  }

  private Value need(Value needed, Type type) {
    needs.add(needed);
    return new Value(type.element());
  }

  void needVector(RowVector vector) {
    neededVectors.add(vector);
  }

  /** Notes that a driver scalar is used. */
  Value require(Value scalar) {
    ScalarCode.Place place = kernel.scalars().place(scalar);
    if (place.region() == group.region() && place.index() > index) {
      isImpossible = true;
    }
    return scalar;
  }

  boolean isVisible(KernelLowering.Located located) {
    return located.region() == group.region()
        ? located.index() <= index
        : group.region().isWithin(located.region());
  }

  /** A driver scalar as an operand of a lane statement. */
  private Value scalar(Value scalar) {
    Optional<Number> number = kernel.scalars().constant(scalar);
    return number.isPresent() ? constant(scalar.type(), number.get()) : require(scalar);
  }

  Value constant(Type element, Number number) {
    ConstantKey key = new ConstantKey(element, number);
    return memo(
        key, element, v -> new LaneStmt.Compute(new ElementwiseOp.Constant(location, v, number)));
  }

  Value index(int axis) {
    return memo(
        new IndexKey(axis), Type.scalar(DType.I32), v -> new LaneStmt.Index(location, v, axis));
  }

  private Value memo(Object key, Type type, java.util.function.Function<Value, LaneStmt> make) {
    Value same = known(key);
    if (same != null) {
      return same;
    }
    Value result = new Value(type);
    computations.add(make.apply(result));
    lanes.put(key, result);
    return result;
  }

  private Value known(Object key) {
    Value mine = lanes.get(key);
    return mine != null ? mine : group.lane(key).orElse(null);
  }

  Value binary(BinaryKind kind, Value left, Value right) {
    return memo(
        List.of(kind, left, right),
        left.type(),
        v -> new LaneStmt.Compute(new ElementwiseOp.Binary(location, v, kind, left, right)));
  }

  Value select(Value condition, Value whenTrue, Value whenFalse) {
    return memo(
        List.of("select", condition, whenTrue, whenFalse),
        whenTrue.type(),
        v ->
            new LaneStmt.Compute(
                new ElementwiseOp.Select(location, v, condition, whenTrue, whenFalse)));
  }

  Value cast(CastKind kind, Value operand, DType dtype) {
    if (operand.dtype() == dtype && !operand.type().isPointer()) {
      return operand;
    }
    return memo(
        List.of(kind, operand, dtype),
        Type.scalar(dtype),
        v -> new LaneStmt.Compute(new ElementwiseOp.Cast(location, v, kind, operand)));
  }

  /** The element of a tile at each index of the nest. */
  Value pull(Value value, IndexMap map) {
    if (!value.type().isTile()) {
      return scalar(value);
    }
    LaneKey key = new LaneKey(value, map);
    Value same = known(key);
    if (same != null) {
      return same;
    }
    Value lane = compute(value, map);
    lanes.put(key, lane);
    return lane;
  }

  private Value compute(Value value, IndexMap map) {
    Optional<KernelLowering.Located> located = kernel.located(value);
    if (located.isPresent() && isVisible(located.get())) {
      return load(value, located.get().buffer(), map);
    }
    Op op = kernel.uses().definition(value).orElse(null);
    if (op == null) {
      return impossible(value.type());
    }
    Optional<ShapeMaps.Step> step = ShapeMaps.through(op, value, map, dims());
    boolean fromTile = op.operands().stream().anyMatch(v -> v.type().isTile());
    if (step.isPresent() && fromTile) {
      return pull(step.get().operand(), step.get().map());
    }
    if (op instanceof ShapeOp.Splat || (op instanceof ShapeOp.Reshape && !fromTile)) {
      return pull(op.operands().getFirst(), map);
    }
    if (op instanceof ShapeOp.Reshape) {
      return need(op.operands().getFirst(), value.type());
    }
    if (op instanceof ElementwiseOp.Hint hint) {
      return pull(hint.operand(), map);
    }
    if (located.isPresent()) {
      return impossible(value.type());
    }
    if (!kernel.costs().isCheap(value, !map.isInjective(dims()))) {
      Optional<Value> shared = share(value, map);
      if (shared.isPresent()) {
        return shared.get();
      }
    }
    location = op.loc();
    pulled.computeIfAbsent(value, v -> new ArrayList<>()).add(map);
    return inline(op, value, map);
  }

  /** Reads a value that is computed elsewhere, or says that it has to be. */
  private Optional<Value> share(Value value, IndexMap map) {
    Optional<LaneHome> home = kernel.home(value, group.region());
    if (home.isPresent()) {
      LaneHome at = home.get();
      boolean before =
          at.group() != group
              && (at.group().region() != group.region() || at.group().index() < index);
      if (!before) {
        return Optional.of(impossible(value.type()));
      }
      kept.put(value, at);
      return Optional.of(load(value, at.buffer(kernel.scratch()), map));
    }
    boolean fromOutside = kernel.region(value) != group.region();
    if (fromOutside || !map.isInjective(dims())) {
      return Optional.of(need(value, value.type()));
    }
    return Optional.empty();
  }

  private Value load(Value value, int buffer, IndexMap map) {
    TileRef ref = Refs.scratch(value.dtype(), buffer, value.shape(), map);
    return element(ref, buffer, value.type().element());
  }

  /** An element of scratch memory. */
  Value element(TileRef ref, int buffer, Type type) {
    access(Access.read(new Access.Buffer(buffer, ref, false)));
    return memo(
        List.of(ref, type),
        type,
        v -> new LaneStmt.Load(location, v, ref, LaneStmt.Mask.ALL, Optional.empty()));
  }

  private Value inline(Op op, Value value, IndexMap map) {
    return switch (op) {
      case ElementwiseOp.Constant c -> constant(value.type().element(), c.value());
      case ElementwiseOp e -> elementwise(e, map);
      case ShapeOp.MakeRange r -> range(r, map);
      case ShapeOp.Join j -> join(j, value, map);
      case ShapeOp.Gather g -> gather(g, map);
      case MemoryOp.Load l -> Loads.pull(this, l, map);
      case ComputeOp.Reduce r when r.inputs().getFirst().shape().dim(r.axis()) == 1 ->
          pull(r.inputs().get(r.results().indexOf(value)), map.insert(r.axis(), 0));
      case ShapeOp.Cat c -> need(value, value.type());
      default -> impossible(value.type());
    };
  }

  private Value elementwise(ElementwiseOp op, IndexMap map) {
    Map<Value, Value> operands = new HashMap<>();
    for (Value operand : op.operands()) {
      operands.put(operand, pull(operand, map));
    }
    Value result = new Value(op.result().type().element(), op.result().hint());
    computations.add(new LaneStmt.Compute(LaneCode.substituted(op, operands, result)));
    return result;
  }

  private Value range(ShapeOp.MakeRange range, IndexMap map) {
    Type i32 = Type.scalar(DType.I32);
    long start = range.start() + map.constant(0);
    Value sum = null;
    for (int j = 0; j < map.nestRank(); j++) {
      long weight = map.weight(0, j);
      if (weight == 0 || dims()[j] == 1) {
        continue;
      }
      Value term = weight == 1 ? index(j) : binary(BinaryKind.MUL, index(j), constant(i32, weight));
      sum = sum == null ? term : binary(BinaryKind.ADD, sum, term);
    }
    if (sum == null) {
      return constant(i32, start);
    }
    return start == 0 ? sum : binary(BinaryKind.ADD, sum, constant(i32, start));
  }

  private Value join(ShapeOp.Join join, Value value, IndexMap map) {
    int last = map.rank() - 1;
    for (int j = 0; j < map.nestRank(); j++) {
      if (map.weight(last, j) != 0) {
        return need(value, value.type());
      }
    }
    return pull(map.constant(last) == 0 ? join.left() : join.right(), map.remove(last));
  }

  private Value gather(ShapeOp.Gather gather, IndexMap map) {
    Optional<KernelLowering.Located> located = kernel.located(gather.source());
    if (located.isEmpty()) {
      return need(gather.source(), gather.result().type());
    }
    if (!isVisible(located.get())) {
      return impossible(gather.result().type());
    }
    Shape shape = gather.source().shape();
    int axis = gather.axis();
    Value position = pull(gather.index(), map);
    if (position.dtype() != DType.I64) {
      position = cast(CastKind.EXTS, position, DType.I32);
    }
    Type type = position.type();
    Value wrapped = binary(BinaryKind.AND, position, constant(type, shape.dim(axis) - 1L));
    long stride = shape.rowMajorStrides()[axis];
    Value offset = stride == 1 ? wrapped : binary(BinaryKind.MUL, wrapped, constant(type, stride));
    int buffer = located.get().buffer();
    TileRef ref =
        Refs.scratch(gather.source().dtype(), buffer, shape, map.remove(axis).insert(axis, 0));
    access(Access.read(new Access.Buffer(buffer, ref, false)));
    Value result = new Value(gather.result().type().element());
    computations.add(new LaneStmt.GatherTile(location, result, ref, offset));
    return result;
  }

  /** A lane value that an effect defines, as the element of the tile. */
  Value laneResult(Value tile, IndexMap map) {
    Value lane = new Value(tile.type().element(), tile.hint());
    lanes.put(new LaneKey(tile, map), lane);
    pulled.computeIfAbsent(tile, t -> new ArrayList<>()).add(map);
    return lane;
  }

  void add(LaneStmt computation) {
    computations.add(computation);
  }
}
