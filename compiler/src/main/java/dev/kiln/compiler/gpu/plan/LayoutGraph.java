package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.gpu.plan.LayoutNode.Access;
import dev.kiln.compiler.gpu.plan.LayoutNode.Edge;
import dev.kiln.compiler.gpu.plan.LayoutNode.Reduction;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * The tiles of a kernel in nodes of one layout each, and what connects nodes: operations that
 * change shapes, and loads with their users. Tiles that are computed anew are in no node.
 */
final class LayoutGraph {
  /** What a loop counts: each level this many times the one around. */
  private static final int LOOP_WEIGHT = 8;

  private static final int MOST_LEVELS = 3;

  private final Predicate<Value> recomputed;
  private final Function<ComputeOp.Dot, DotForm> forms;
  private final Function<Value, Optional<LinearLayout>> operands;
  private final Map<Value, Value> parents = new LinkedHashMap<>();
  private final Map<Value, Integer> depths = new HashMap<>();
  private final Set<Value> loads = new LinkedHashSet<>();
  private final Map<Value, LayoutNode> nodes = new LinkedHashMap<>();

  private LayoutGraph(
      Predicate<Value> recomputed,
      Function<ComputeOp.Dot, DotForm> forms,
      Function<Value, Optional<LinearLayout>> operands) {
    this.recomputed = recomputed;
    this.forms = forms;
    this.operands = operands;
  }

  /**
   * @param recomputed which tiles are in no node
   * @param operands in which layout an operand of a product is best computed, where that is known
   */
  static LayoutGraph of(
      TileFunction function,
      Predicate<Value> recomputed,
      Function<ComputeOp.Dot, DotForm> forms,
      Function<Value, Optional<LinearLayout>> operands) {
    var graph = new LayoutGraph(recomputed, forms, operands);
    graph.unite(function.body(), 0);
    for (Value value : graph.parents.keySet()) {
      graph.node(value).reach(graph.depths.get(value));
    }
    graph.connect(function.body(), 0);
    return graph;
  }

  Collection<LayoutNode> nodes() {
    return new LinkedHashSet<>(nodes.values());
  }

  /** The node of a tile; {@code null} for what is computed anew. */
  LayoutNode nodeOf(Value tile) {
    return parents.containsKey(tile) ? nodes.get(root(tile)) : null;
  }

  private boolean isPlaced(Value value) {
    return value.type().isTile() && !recomputed.test(value);
  }

  private LayoutNode node(Value value) {
    Value root = root(value);
    return nodes.computeIfAbsent(root, r -> new LayoutNode(r, loads.contains(r)));
  }

  // ---------------------------------------------------------------- one layout

  private Value root(Value value) {
    Value parent = parents.get(value);
    while (parent != parents.get(parent)) {
      parent = parents.get(parent);
    }
    return parent;
  }

  private void add(Value value, int depth) {
    if (isPlaced(value)) {
      parents.putIfAbsent(value, value);
      depths.putIfAbsent(value, depth);
    }
  }

  /** Loads stay on their own: their users may convert them. */
  private void same(Value a, Value b) {
    if (isPlaced(a)
        && isPlaced(b)
        && a.shape().equals(b.shape())
        && !loads.contains(a)
        && !loads.contains(b)) {
      parents.putIfAbsent(a, a);
      parents.putIfAbsent(b, b);
      parents.put(root(b), root(a));
    }
  }

  private void same(List<Value> first, List<Value> second) {
    for (int i = 0; i < first.size(); i++) {
      same(first.get(i), second.get(i));
    }
  }

  private void unite(Block block, int depth) {
    block.params().forEach(param -> add(param, depth));
    for (Op op : block.ops()) {
      op.results().forEach(result -> add(result, depth));
      unite(op, depth);
    }
  }

  private void unite(Op op, int depth) {
    switch (op) {
      case ElementwiseOp elementwise -> {
        elementwise.operands().forEach(operand -> same(elementwise.result(), operand));
      }
      case ShapeOp.Gather gather -> same(gather.result(), gather.index());
      case ShapeOp.Join join -> same(join.left(), join.right());
      case ShapeOp.Cat cat -> same(cat.left(), cat.right());
      case ShapeOp.Split split -> same(split.left(), split.right());
      case MemoryOp.Load load -> {
        if (isPlaced(load.result())) {
          loads.add(load.result());
        }
      }
      case ComputeOp.Dot dot -> same(dot.result(), dot.acc());
      case ComputeOp.Reduce reduce -> {
        reduce.inputs().forEach(input -> same(reduce.inputs().getFirst(), input));
        reduce.results().forEach(result -> same(reduce.results().getFirst(), result));
      }
      case ComputeOp.Scan scan -> {
        scan.inputs().forEach(input -> same(scan.results().getFirst(), input));
        scan.results().forEach(result -> same(scan.results().getFirst(), result));
      }
      case ComputeOp.MapElementwise map -> {
        map.inputs().forEach(input -> same(map.results().getFirst(), input));
        map.results().forEach(result -> same(map.results().getFirst(), result));
      }
      case ComputeOp.InlineAsm asm -> {
        asm.inputs().forEach(input -> same(asm.results().getFirst(), input));
        asm.results().forEach(result -> same(asm.results().getFirst(), result));
      }
      case ControlOp.For loop -> {
        unite(loop.body(), depth + 1);
        same(loop.carried(), loop.inits());
        same(loop.carried(), loop.body().terminator().operands());
        same(loop.carried(), loop.results());
      }
      case ControlOp.While loop -> {
        unite(loop.before(), depth + 1);
        unite(loop.body(), depth + 1);
        List<Value> condition = loop.before().terminator().operands();
        same(loop.before().params(), loop.inits());
        same(loop.before().params(), loop.body().terminator().operands());
        same(loop.body().params(), condition.subList(1, condition.size()));
        same(loop.results(), condition.subList(1, condition.size()));
      }
      case ControlOp.If branch -> {
        op.blocks().forEach(inner -> unite(inner, depth));
        same(branch.results(), branch.thenBlock().terminator().operands());
        same(branch.results(), branch.elseBlock().terminator().operands());
      }
      default -> {}
    }
  }

  // ---------------------------------------------------------------- neighbours

  private void connect(Block block, int depth) {
    for (Op op : block.ops()) {
      int weight = weight(depth);
      switch (op) {
        case ElementwiseOp elementwise -> {
          elementwise.operands().forEach(operand -> alike(operand, elementwise.result(), weight));
          if (isPlaced(elementwise.result())) {
            node(elementwise.result()).addWork((long) weight * work(elementwise));
          }
        }
        case ShapeOp shape -> connect(shape, weight);
        case MemoryOp memory -> access(memory, weight);
        case ComputeOp.Dot dot -> {
          alike(dot.acc(), dot.result(), weight);
          if (isPlaced(dot.result())) {
            node(dot.result()).products().add(forms.apply(dot).accumulator());
          }
          operand(dot.a());
          operand(dot.b());
        }
        case ComputeOp.Reduce reduce -> connect(reduce, weight);
        case ComputeOp.Scan scan -> {
          scan.inputs().forEach(input -> alike(input, scan.results().getFirst(), weight));
          node(scan.results().getFirst()).reductions().add(new Reduction(scan.axis(), weight));
        }
        case ComputeOp.MapElementwise map ->
            map.inputs().forEach(input -> alike(input, map.results().getFirst(), weight));
        case ComputeOp.InlineAsm asm ->
            asm.inputs().forEach(input -> alike(input, asm.results().getFirst(), weight));
        case ControlOp.For loop -> {
          alike(loop.inits(), loop.carried(), weight);
          alike(loop.body().terminator().operands(), loop.carried(), weight(depth + 1));
          connect(loop.body(), depth + 1);
        }
        case ControlOp.While loop -> {
          alike(loop.inits(), loop.before().params(), weight);
          alike(loop.body().terminator().operands(), loop.before().params(), weight);
          op.blocks().forEach(inner -> connect(inner, depth + 1));
        }
        case ControlOp.If branch -> {
          alike(branch.thenBlock().terminator().operands(), branch.results(), weight);
          alike(branch.elseBlock().terminator().operands(), branch.results(), weight);
          op.blocks().forEach(inner -> connect(inner, depth));
        }
        default -> {}
      }
    }
  }

  /** A product's own layout counts more. */
  private void operand(Value tile) {
    if (isPlaced(tile)) {
      operands.apply(tile).ifPresent(layout -> node(tile).products().addFirst(layout));
    }
  }

  /** Roughly how many instructions an element takes. */
  private static int work(ElementwiseOp op) {
    boolean isLong = op.result().dtype().bytes() == Long.BYTES;
    return switch (op) {
      case ElementwiseOp.Binary binary ->
          switch (binary.kind()) {
            case DIVS, DIVU, REMS, REMU -> isLong ? 60 : 20;
            case DIV, REM -> 10;
            case MUL -> isLong ? 4 : 1;
            default -> isLong ? 2 : 1;
          };
      case ElementwiseOp.Unary unary ->
          switch (unary.kind()) {
            case NEG, ABS, NOT, CLZ, POPC, BREV, FLOOR, CEIL, TRUNC, RINT -> 1;
            default -> 8;
          };
      default -> 1;
    };
  }

  private static int weight(int depth) {
    int weight = 1;
    for (int level = 0; level < Math.min(depth, MOST_LEVELS); level++) {
      weight *= LOOP_WEIGHT;
    }
    return weight;
  }

  private void alike(List<Value> from, List<Value> to, int weight) {
    for (int i = 0; i < to.size(); i++) {
      alike(from.get(i), to.get(i), weight);
    }
  }

  private void alike(Value a, Value b, int weight) {
    if (isPlaced(a) && isPlaced(b) && a.shape().equals(b.shape())) {
      connect(a, b, UnaryOperator.identity(), UnaryOperator.identity(), weight);
    }
  }

  /**
   * @param forward the layout of {@code b} from that of {@code a}
   */
  private void connect(
      Value a,
      Value b,
      UnaryOperator<LinearLayout> forward,
      UnaryOperator<LinearLayout> back,
      int weight) {
    if (!isPlaced(a) || !isPlaced(b)) {
      return;
    }
    LayoutNode from = node(a);
    LayoutNode to = node(b);
    if (from != to) {
      to.edges().add(new Edge(from, forward, weight));
      from.edges().add(new Edge(to, back, weight));
    }
  }

  private void connect(ShapeOp op, int weight) {
    switch (op) {
      case ShapeOp.ExpandDims expand ->
          connect(
              expand.operand(),
              expand.result(),
              layout -> layout.expandDims(expand.axis()),
              layout -> layout.reshape(expand.operand().shape()),
              weight);
      case ShapeOp.Reshape reshape ->
          connect(
              reshape.operand(),
              reshape.result(),
              layout -> layout.reshape(reshape.result().shape()),
              layout -> layout.reshape(reshape.operand().shape()),
              weight);
      case ShapeOp.Broadcast broadcast ->
          connect(
              broadcast.operand(),
              broadcast.result(),
              layout -> layout.broadcast(broadcast.result().shape()),
              layout ->
                  layout.beforeBroadcast(broadcast.operand().shape()).withoutRepeatedRegisters(),
              weight);
      case ShapeOp.Permute permute ->
          connect(
              permute.operand(),
              permute.result(),
              layout -> layout.permute(permute.order()),
              layout -> layout.permute(ShapeLayouts.inverse(permute.order())),
              weight);
      case ShapeOp.Join join ->
          connect(
              join.left(),
              join.result(),
              LinearLayout::join,
              layout -> layout.slice(join.left().shape().rank()).withoutRepeatedRegisters(),
              weight);
      case ShapeOp.Cat cat ->
          connect(
              cat.left(),
              cat.result(),
              layout -> layout.cat(cat.axis()),
              layout -> ShapeLayouts.half(layout, cat),
              weight);
      case ShapeOp.Split split ->
          connect(
              split.operand(),
              split.left(),
              layout -> layout.slice(split.left().shape().rank()).withoutRepeatedRegisters(),
              LinearLayout::join,
              weight);
      case ShapeOp.MakeRange range -> {}
      case ShapeOp.Splat splat -> {}
      case ShapeOp.Unsplat unsplat -> {}
      case ShapeOp.Gather gather -> alike(gather.index(), gather.result(), weight);
    }
  }

  private void connect(ComputeOp.Reduce reduce, int weight) {
    for (Value input : reduce.inputs()) {
      if (isPlaced(input)) {
        node(input).reductions().add(new Reduction(reduce.axis(), weight));
        connect(
            input,
            reduce.results().getFirst(),
            layout -> layout.slice(reduce.axis()).withoutRepeatedRegisters(),
            layout -> layout.expandDims(reduce.axis()).broadcast(input.shape()),
            weight);
      }
    }
  }

  private void access(MemoryOp op, int weight) {
    switch (op) {
      case MemoryOp.Load load -> access(load, load.result(), load.pointer(), load.mask(), weight);
      case MemoryOp.Store store ->
          access(store, store.value(), store.pointer(), store.mask(), weight);
      case MemoryOp.AtomicRmw atomic -> {
        access(atomic, atomic.result(), atomic.pointer(), atomic.mask(), weight);
        alike(atomic.value(), atomic.result(), weight);
      }
      case MemoryOp.AtomicCas atomic -> {
        access(atomic, atomic.result(), atomic.pointer(), Optional.empty(), weight);
        alike(atomic.value(), atomic.result(), weight);
        alike(atomic.expected(), atomic.result(), weight);
      }
      default -> {}
    }
  }

  private void access(MemoryOp op, Value value, Value pointer, Optional<Value> mask, int weight) {
    if (isPlaced(value)) {
      node(value).accesses().add(new Access(op, pointer, mask, weight));
      alike(pointer, value, weight);
      mask.ifPresent(tile -> alike(tile, value, weight));
    }
  }
}
