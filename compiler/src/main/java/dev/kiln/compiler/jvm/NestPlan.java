package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Where in its loops each statement of a nest runs: at depth {@code d} it runs once for every index
 * of the first {@code d} axes. A statement moves out of the loops on whose indices it does not
 * depend; the order of a nest's indices does not matter, so loads move too, unless the nest has
 * stored before them.
 */
final class NestPlan {
  /** A statement and its depth. */
  record Step(LaneStmt statement, int depth) {}

  private final Shape shape;
  private final Definitions definitions;
  private final Map<Value, Integer> axes = new IdentityHashMap<>();
  private final List<Step> steps = new ArrayList<>();

  private NestPlan(Shape shape, Definitions definitions) {
    this.shape = shape;
    this.definitions = definitions;
  }

  /**
   * @param expanded without transcendental functions
   */
  static NestPlan of(Shape shape, List<LaneStmt> expanded, Definitions definitions) {
    var plan = new NestPlan(shape, definitions);
    boolean storesAreApart = storesAreApart(expanded);
    boolean stored = false;
    for (LaneStmt statement : expanded) {
      plan.add(statement, stored, storesAreApart);
      stored |= isEffect(statement);
    }
    return plan;
  }

  /** Replaces transcendental functions. */
  static List<LaneStmt> expand(List<LaneStmt> body, Definitions definitions) {
    var out = new ArrayList<LaneStmt>();
    for (LaneStmt statement : body) {
      if (statement instanceof LaneStmt.Compute compute) {
        for (Op op : MathExpansion.expandOps(List.of(compute.op()), definitions)) {
          out.add(new LaneStmt.Compute((ElementwiseOp) op));
        }
      } else {
        out.add(statement);
      }
    }
    return out;
  }

  Shape shape() {
    return shape;
  }

  int rank() {
    return shape.rank();
  }

  List<Step> steps() {
    return steps;
  }

  List<LaneStmt> at(int depth) {
    return steps.stream().filter(s -> s.depth == depth).map(Step::statement).toList();
  }

  /** At which depth a value is known; 0 for scalars of the driver code. */
  int depthOf(Value value) {
    return depth(axesOf(value));
  }

  private static int depth(int axisMask) {
    return 32 - Integer.numberOfLeadingZeros(axisMask);
  }

  /** The axes on whose index a value depends, as a bit mask. */
  private int axesOf(Value value) {
    return axes.getOrDefault(definitions.resolve(value), 0);
  }

  private int allAxes() {
    return (1 << rank()) - 1;
  }

  private void define(LaneStmt statement, Value result, int axisMask) {
    axes.put(result, axisMask);
    steps.add(new Step(statement, depth(axisMask)));
  }

  private void add(LaneStmt statement, boolean stored, boolean storesAreApart) {
    switch (statement) {
      case LaneStmt.Compute c -> {
        if (!definitions.needsNoCode(c.op())) {
          int mask = c.op().operands().stream().mapToInt(this::axesOf).reduce(0, (a, b) -> a | b);
          define(c, c.op().result(), mask);
        }
      }
      case LaneStmt.Index i -> define(i, i.result(), 1 << i.axis());
      case LaneStmt.Load l -> {
        int mask = axesOf(l.source()) | axesOf(l.mask());
        mask |= l.other().map(this::axesOf).orElse(0);
        define(l, l.result(), stored ? allAxes() : mask);
      }
      case LaneStmt.GatherLoad l -> {
        int mask = axesOf(l.address()) | axesOf(l.mask());
        mask |= l.other().map(this::axesOf).orElse(0);
        define(l, l.result(), stored ? allAxes() : mask);
      }
      case LaneStmt.GatherTile g -> {
        int mask = axesOf(g.source()) | axesOf(g.offset());
        define(g, g.result(), stored ? allAxes() : mask);
      }
      case LaneStmt.Store s -> {
        int mask = axesOf(s.target()) | axesOf(s.mask()) | axesOf(s.value());
        steps.add(new Step(s, storesAreApart ? depth(mask) : rank()));
      }
      case LaneStmt.AtomicRmw a -> define(a, a.result(), allAxes());
      case LaneStmt.AtomicCas a -> define(a, a.result(), allAxes());
      case LaneStmt.ScatterStore _, LaneStmt.Assert _, LaneStmt.Reduce _ ->
          steps.add(new Step(statement, rank()));
    }
  }

  private int axesOf(TileRef ref) {
    int mask = 0;
    for (int axis = 0; axis < ref.strides().size(); axis++) {
      if (!ref.strides().get(axis).equals(new TileRef.Fixed(0))) {
        mask |= 1 << axis;
      }
    }
    return mask;
  }

  private int axesOf(LaneStmt.Mask mask) {
    int axisMask = mask.lane().map(this::axesOf).orElse(0);
    for (LoopStmt.Bound bound : mask.bounds()) {
      axisMask |= 1 << bound.axis();
    }
    return axisMask;
  }

  private static boolean isEffect(LaneStmt statement) {
    return switch (statement) {
      case LaneStmt.Store _,
          LaneStmt.ScatterStore _,
          LaneStmt.AtomicRmw _,
          LaneStmt.AtomicCas _,
          LaneStmt.Reduce _ ->
          true;
      case LaneStmt.Compute _,
          LaneStmt.Index _,
          LaneStmt.Load _,
          LaneStmt.GatherLoad _,
          LaneStmt.GatherTile _,
          LaneStmt.Assert _ ->
          false;
    };
  }

  /** Whether no two effects can touch one place, so that stores may move past each other. */
  private static boolean storesAreApart(List<LaneStmt> body) {
    Set<TileRef.Base> bases = new HashSet<>();
    int effects = 0;
    for (LaneStmt statement : body) {
      if (statement instanceof LaneStmt.Store store) {
        if (!bases.add(store.target().base())) {
          return false;
        }
        effects++;
      } else if (isEffect(statement) && !(statement instanceof LaneStmt.Reduce)) {
        return false;
      }
    }
    return effects <= 1 || bases.stream().allMatch(b -> b instanceof TileRef.Scratch);
  }

  /** The depth at which a reference's address is complete. */
  int depthOf(TileRef ref) {
    return depth(axesOf(ref));
  }
}
