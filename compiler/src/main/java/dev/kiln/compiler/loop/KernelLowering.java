package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known while a kernel is lowered: which tiles lie in scratch memory, which are computed in
 * which nest; and the decision which nest a statement joins.
 */
final class KernelLowering {
  /** How far back in a block a statement looks for a nest to join. */
  private static final int CANDIDATES = 8;

  /** What a nest of its own costs, in lane statements. */
  private static final int NEST_COST = 6;

  private final LoopOptions options;
  private final Uses uses;
  private final ScalarCode scalars;
  private final FormAnalysis forms;
  private final Costs costs;
  private final Scratch scratch = new Scratch();
  private final Region root = new Region(Optional.empty(), false);
  private final Map<Block, Region> regions = new IdentityHashMap<>();
  private final Map<Value, Located> located = new HashMap<>();
  private final Map<RowVector, Located> vectors = new HashMap<>();
  private final Map<Value, Located> widened = new HashMap<>();
  private final Map<Value, List<LaneHome>> homes = new HashMap<>();
  private final Map<Value, Boolean> reloadable = new HashMap<>();

  KernelLowering(TileFunction function, LoopOptions options) {
    this.options = options;
    this.uses = new Uses(function);
    this.scalars = new ScalarCode(uses, root);
    this.forms = new FormAnalysis(uses, scalars, this::region);
    this.costs = new Costs(uses, options, v -> located(v).isPresent(), this::isReloadable);
    regions.put(function.body(), root);
    function.params().forEach(p -> scalars.define(p.value(), root, 0));
  }

  /** A tile that lies row by row at the start of a buffer, from the item of the index on. */
  record Located(int buffer, Region region, int index) {}

  /** Adds what a statement wants to a nest over the tile of the shape that it was placed for. */
  interface Body {
    void addTo(Pull pull, IndexMap map);
  }

  LoopOptions options() {
    return options;
  }

  Uses uses() {
    return uses;
  }

  ScalarCode scalars() {
    return scalars;
  }

  FormAnalysis forms() {
    return forms;
  }

  Costs costs() {
    return costs;
  }

  Scratch scratch() {
    return scratch;
  }

  Region root() {
    return root;
  }

  void enter(Block block, Region region) {
    regions.put(block, region);
  }

  /** The region of the block in which a value is defined. */
  Region region(Value value) {
    return regions.get(uses.block(value));
  }

  Optional<Located> located(Value tile) {
    Located at = located.get(tile);
    if (at != null) {
      return Optional.of(at);
    }
    // A tile in memory lies row by row, so that another shape needs nothing but another name.
    return uses.definition(tile).orElse(null) instanceof ShapeOp.Reshape reshape
            && reshape.operand().type().isTile()
        ? located(reshape.operand())
        : Optional.empty();
  }

  void locate(Value tile, int buffer, Region region, int index) {
    located.put(tile, new Located(buffer, region, index));
    costs.noteLocated(tile);
  }

  Optional<Located> vector(RowVector vector) {
    return Optional.ofNullable(vectors.get(vector));
  }

  /** A group that the region can see and that computes the tile. */
  Optional<LaneHome> home(Value tile, Region region) {
    return homes.getOrDefault(tile, List.of()).stream()
        .filter(h -> region.isWithin(h.group().region()))
        .findFirst();
  }

  /** Whether reading again gives the same elements, at little cost. */
  boolean isReloadable(MemoryOp.Load load) {
    return reloadable.computeIfAbsent(
        load.result(),
        r ->
            !load.hints().isVolatile()
                && !uses.isOverwritten(load)
                && forms.of(load.pointer()).map(f -> isContiguousSomewhere(f, r)).orElse(false));
  }

  private static boolean isContiguousSomewhere(Form form, Value tile) {
    if (form.opaques().isEmpty()) {
      return true;
    }
    for (int a = 0; a < tile.shape().rank(); a++) {
      if (tile.shape().dim(a) > 1 && !form.hasOpaque(a) && !form.strides().get(a).is(0)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Puts a statement over a tile of the shape into a nest of the region: an earlier one that it may
   * join at less cost, or a new one. Empty if the statement would write what it reads elsewhere, so
   * that what it reads must be kept first.
   */
  Optional<Group> place(Location loc, Region region, Shape shape, boolean alone, Body body) {
    return scalars.within(region, () -> choose(loc, region, shape, alone, body));
  }

  private Optional<Group> choose(
      Location loc, Region region, Shape shape, boolean alone, Body body) {
    scalars.at(loc);
    int[] dims = IndexMap.nestDims(shape);
    IndexMap map = IndexMap.withoutUnits(shape);
    Pull best = prepare(loc, region, dims, map, body);
    if (best.contradictsItself()) {
      return Optional.empty();
    }
    if (!alone && options.fuse()) {
      int bestCost = best.cost() + NEST_COST;
      for (Group group : candidates(region, dims)) {
        Pull attempt = new Pull(this, group, group.index());
        body.addTo(attempt, map);
        if (attempt.isComplete() && attempt.cost() < bestCost && mayJoin(attempt, group, region)) {
          best = attempt;
          bestCost = attempt.cost();
        }
      }
    }
    commit(best, region);
    return Optional.of(best.group());
  }

  /** Keeps what the statement needs, until it can be computed in a nest of its own. */
  private Pull prepare(Location loc, Region region, int[] dims, IndexMap map, Body body) {
    while (true) {
      var group = new Group(loc, region, dims, options.reshapeNests());
      var attempt = new Pull(this, group, region.size());
      body.addTo(attempt, map);
      if (attempt.isComplete()) {
        return attempt;
      }
      if (attempt.needs().isEmpty() && attempt.neededVectors().isEmpty()) {
        throw new IllegalStateException("a tile is used before it is computed, near " + loc);
      }
      attempt.needs().forEach(this::materialise);
      attempt.neededVectors().forEach(this::materialise);
    }
  }

  private List<Group> candidates(Region region, int[] dims) {
    List<Group> found = new ArrayList<>();
    for (Region.Item item : region.items().reversed()) {
      if (item instanceof Group group && Arrays.equals(group.dims(), dims) && !group.isClosed()) {
        found.add(group);
        if (found.size() == CANDIDATES) {
          break;
        }
      }
    }
    return found;
  }

  private static boolean mayJoin(Pull attempt, Group group, Region region) {
    if (group.size() + attempt.computations().size() > Costs.NEST_LIMIT
        || attempt.contradictsItself()) {
      return false;
    }
    for (Access mine : attempt.accesses()) {
      for (Region.Item later : region.items().subList(group.index() + 1, region.size())) {
        if (later.accesses().stream()
            .anyMatch(a -> mine.relationTo(a) != Access.Relation.DISJOINT)) {
          return false;
        }
      }
      if (group.accesses().stream().anyMatch(theirs -> !mayShareNest(theirs, mine))) {
        return false;
      }
    }
    return true;
  }

  /** Loads come first in a nest: what a statement reads may not have been written in it. */
  private static boolean mayShareNest(Access earlier, Access joining) {
    return switch (joining.relationTo(earlier)) {
      case DISJOINT -> true;
      case SAME_INDEX -> joining.isWrite();
      case MAY_OVERLAP -> false;
    };
  }

  private void commit(Pull attempt, Region region) {
    Group group = attempt.group();
    if (group.index() < 0) {
      group.place(region.append(group));
    }
    attempt.kept().forEach(this::keep);
    group.add(attempt.computations(), attempt.effects(), attempt.lanes(), attempt.accesses());
    attempt.pulled().forEach((tile, maps) -> maps.forEach(map -> noteHome(tile, map, attempt)));
  }

  private void noteHome(Value tile, IndexMap map, Pull attempt) {
    if (map.isBijective(tile.shape(), attempt.dims())) {
      var home = new LaneHome(tile, attempt.group(), map, attempt.pull(tile, map));
      homes.computeIfAbsent(tile, t -> new ArrayList<>()).add(home);
    }
  }

  private void keep(Value tile, LaneHome home) {
    if (!located.containsKey(tile)) {
      home.keep(scratch);
      Group group = home.group();
      locate(tile, home.buffer(scratch), group.region(), group.index() + 1);
    }
  }

  /** Brings a tile into scratch memory, in the region in which it is defined. */
  void materialise(Value tile) {
    if (located(tile).isPresent()) {
      return;
    }
    Region region = region(tile);
    Op op = uses.definition(tile).orElseThrow();
    Optional<LaneHome> home = home(tile, region);
    if (home.isPresent()) {
      keep(tile, home.get());
      return;
    }
    switch (op) {
      case ShapeOp.Reshape reshape when reshape.operand().type().isTile() ->
          materialise(reshape.operand());
      case ShapeOp.Join join -> materialise(join, region);
      case ShapeOp.Cat cat -> materialise(cat, region);
      default -> {
        int buffer = scratch.allocate(tile.dtype(), tile.shape(), op.loc());
        Group group = overwrite(op.loc(), region, tile, buffer, true).orElseThrow();
        locate(tile, buffer, region, group.index() + 1);
      }
    }
  }

  /** Overwrites a buffer with a tile, row by row. */
  Optional<Group> overwrite(
      Location loc, Region region, Value tile, int buffer, boolean isInitial) {
    IndexMap whole = IndexMap.identity(tile.shape().rank());
    return store(loc, region, tile, buffer, tile.shape(), whole, isInitial);
  }

  /**
   * Writes a tile to where {@code view}, which runs over the tile's axes, goes in a row-major
   * buffer of the given shape.
   */
  private Optional<Group> store(
      Location loc,
      Region region,
      Value tile,
      int buffer,
      Shape bufferShape,
      IndexMap view,
      boolean isInitial) {
    return place(
        loc,
        region,
        tile.shape(),
        false,
        (pull, map) -> {
          Value lane = pull.pull(tile, map);
          TileRef target =
              Refs.part(tile.dtype(), buffer, bufferShape, view, tile.shape(), pull.dims().length);
          pull.access(Access.write(new Access.Buffer(buffer, target, isInitial)));
          pull.effect(new LaneStmt.Store(loc, target, lane, LaneStmt.Mask.ALL));
        });
  }

  /** A copy of a tile of narrow floats in fp32, in the region in which the tile is defined. */
  Located widened(Value tile) {
    Located known = widened.get(tile);
    if (known != null) {
      return known;
    }
    Location loc = uses.definition(tile).orElseThrow().loc();
    Region region = region(tile);
    int buffer = scratch.allocate(DType.FP32, tile.shape(), loc);
    Group group =
        place(
                loc,
                region,
                tile.shape(),
                false,
                (pull, map) -> {
                  Value lane = pull.cast(CastKind.FPEXT, pull.pull(tile, map), DType.FP32);
                  TileRef target = Refs.scratch(DType.FP32, buffer, tile.shape(), map);
                  pull.access(Access.write(new Access.Buffer(buffer, target, true)));
                  pull.effect(new LaneStmt.Store(loc, target, lane, LaneStmt.Mask.ALL));
                })
            .orElseThrow();
    Located copy = new Located(buffer, region, group.index() + 1);
    widened.put(tile, copy);
    return copy;
  }

  private void materialise(ShapeOp.Join join, Region region) {
    Value result = join.result();
    int rank = join.left().shape().rank();
    IndexMap over = IndexMap.identity(rank);
    materialiseParts(
        result,
        region,
        join.loc(),
        List.of(join.left(), join.right()),
        List.of(over.insert(rank, 0), over.insert(rank, 1)));
  }

  private void materialise(ShapeOp.Cat cat, Region region) {
    IndexMap over = IndexMap.identity(cat.result().shape().rank());
    long start = cat.left().shape().dim(cat.axis());
    materialiseParts(
        cat.result(),
        region,
        cat.loc(),
        List.of(cat.left(), cat.right()),
        List.of(over, over.shifted(cat.axis(), start)));
  }

  private void materialiseParts(
      Value result, Region region, Location loc, List<Value> parts, List<IndexMap> views) {
    int buffer = scratch.allocate(result.dtype(), result.shape(), loc);
    int last = 0;
    for (int i = 0; i < parts.size(); i++) {
      Group group =
          store(loc, region, parts.get(i), buffer, result.shape(), views.get(i), true)
              .orElseThrow();
      last = Math.max(last, group.index());
    }
    locate(result, buffer, region, last + 1);
  }

  /** Computes the offsets along an axis, in the outermost region that knows their parts. */
  void materialise(RowVector vector) {
    Region region = vector.region(this, root);
    Optional<Located> known = vector(vector);
    if (known.isPresent() && known.get().region() == region) {
      return;
    }
    Location loc =
        vector.terms().stream()
            .map(Form.Opaque::tile)
            .flatMap(tile -> uses.definition(tile).stream())
            .map(Op::loc)
            .findFirst()
            .orElse(Location.UNKNOWN);
    Shape shape = Shape.of(vector.size());
    int buffer = scratch.allocate(DType.I64, shape, loc);
    TileRef target = Refs.scratch(DType.I64, buffer, shape, IndexMap.identity(1));
    Group group =
        place(
                loc,
                region,
                shape,
                false,
                (pull, map) -> {
                  Value entry = vector.pull(pull);
                  pull.access(Access.write(new Access.Buffer(buffer, target, true)));
                  pull.effect(new LaneStmt.Store(loc, target, entry, LaneStmt.Mask.ALL));
                })
            .orElseThrow();
    vectors.put(vector, new Located(buffer, region, group.index() + 1));
  }

  /** A scalar's address in scratch memory is an element of a buffer of its own. */
  void readElement(Location loc, Value scalar, int buffer, Region region, int index) {
    TileRef source =
        new TileRef(scalar.dtype(), new TileRef.Scratch(Scratch.address(buffer)), List.of());
    region.insert(index, new LoopStmt.ReadElement(loc, scalar, source));
    scalars.define(scalar, region, index);
  }
}
