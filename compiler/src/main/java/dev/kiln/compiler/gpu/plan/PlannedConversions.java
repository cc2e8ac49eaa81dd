package dev.kiln.compiler.gpu.plan;

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
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which tiles change their threads where, as a plan has it: what emission will convert. Operands of
 * products that go through shared memory anyway do not count.
 */
public final class PlannedConversions {
  /**
   * A tile that an operation wants in another layout than its own.
   *
   * @param user {@code null} where it is of no interest
   */
  public record Conversion(Op user, Value tile, LinearLayout to) {}

  private final KernelPlan plan;
  private final Map<Op, List<Conversion>> conversions = new LinkedHashMap<>();

  private PlannedConversions(KernelPlan plan) {
    this.plan = plan;
  }

  /** All conversions of a kernel. */
  public static PlannedConversions of(TileFunction function, KernelPlan plan) {
    var found = new PlannedConversions(plan);
    found.block(function.body(), List.of());
    return found;
  }

  public List<Conversion> all() {
    return conversions.values().stream().flatMap(List::stream).toList();
  }

  /** Those for the operands of one operation. */
  public List<Conversion> of(Op op) {
    return conversions.getOrDefault(op, List.of());
  }

  /**
   * Those in a block, of tiles that are defined outside of it: they may be done before a loop whose
   * body it is. Without users.
   */
  public Set<Conversion> invariant(Block block) {
    if (conversions.isEmpty()) {
      return Set.of();
    }
    Set<Value> inside = new HashSet<>();
    List<Conversion> found = new ArrayList<>();
    collect(block, inside, found);
    Set<Conversion> invariant = new LinkedHashSet<>();
    for (Conversion conversion : found) {
      if (!inside.contains(conversion.tile())) {
        invariant.add(new Conversion(null, conversion.tile(), conversion.to()));
      }
    }
    return invariant;
  }

  private void collect(Block block, Set<Value> inside, List<Conversion> found) {
    inside.addAll(block.params());
    for (Op op : block.ops()) {
      inside.addAll(op.results());
      found.addAll(of(op));
      op.blocks().forEach(inner -> collect(inner, inside, found));
    }
  }

  // ---------------------------------------------------------------- what is wanted

  private void block(Block block, List<Value> yieldedTo) {
    for (Op op : block.ops()) {
      op(op, yieldedTo);
    }
  }

  private void op(Op op, List<Value> yieldedTo) {
    switch (op) {
      case ElementwiseOp elementwise -> elementwise(elementwise);
      case ShapeOp shape -> shape(shape);
      case MemoryOp memory -> memory(memory);
      case ComputeOp.Dot dot -> want(dot, dot.acc(), plan.layout(dot.result()));
      case ComputeOp.Reduce reduce -> inputs(reduce, reduce.inputs());
      case ComputeOp.Scan scan -> inputs(scan, scan.inputs());
      case ControlOp.For loop -> {
        wantAll(loop, loop.inits(), loop.carried());
        block(loop.body(), loop.carried());
      }
      case ControlOp.While loop -> {
        wantAll(loop, loop.inits(), loop.before().params());
        block(loop.before(), loop.body().params());
        block(loop.body(), loop.before().params());
      }
      case ControlOp.If branch -> {
        block(branch.thenBlock(), branch.results());
        block(branch.elseBlock(), branch.results());
      }
      case ControlOp.Yield yield -> wantAll(yield, yield.operands(), yieldedTo);
      case ControlOp.Condition condition -> wantAll(condition, condition.forwarded(), yieldedTo);
      default -> {}
    }
  }

  private void want(Op user, Value tile, LinearLayout layout) {
    if (tile.type().isTile()
        && !plan.isRecomputed(tile)
        && !plan.layout(tile)
            .withoutRepeatedRegisters()
            .hasSameThreads(layout.withoutRepeatedRegisters())) {
      conversions
          .computeIfAbsent(user, op -> new ArrayList<>())
          .add(new Conversion(user, tile, layout));
    }
  }

  private void wantAll(Op user, List<Value> tiles, List<Value> as) {
    for (int i = 0; i < as.size(); i++) {
      if (as.get(i).type().isTile()) {
        want(user, tiles.get(i), plan.layout(as.get(i)));
      }
    }
  }

  private void inputs(Op op, List<Value> inputs) {
    inputs.stream()
        .filter(input -> !plan.isRecomputed(input))
        .findFirst()
        .ifPresent(first -> inputs.forEach(input -> want(op, input, plan.layout(first))));
  }

  private void elementwise(ElementwiseOp op) {
    if (op.result().type().isTile() && !plan.isRecomputed(op.result())) {
      op.operands().forEach(operand -> want(op, operand, plan.layout(op.result())));
    }
  }

  private void shape(ShapeOp op) {
    Value result = op.results().getFirst();
    if (!result.type().isTile() || plan.isRecomputed(result)) {
      return;
    }
    LinearLayout layout = plan.layout(result);
    switch (op) {
      case ShapeOp.ExpandDims expand ->
          want(op, expand.operand(), layout.reshape(expand.operand().shape()));
      case ShapeOp.Reshape reshape -> {
        if (reshape.operand().type().isTile()) {
          want(op, reshape.operand(), layout.reshape(reshape.operand().shape()));
        }
      }
      case ShapeOp.Broadcast broadcast ->
          want(op, broadcast.operand(), layout.beforeBroadcast(broadcast.operand().shape()));
      case ShapeOp.Permute permute ->
          want(op, permute.operand(), layout.permute(ShapeLayouts.inverse(permute.order())));
      case ShapeOp.Join join -> {
        if (join.left().type().isTile()) {
          want(op, join.left(), layout.slice(join.left().shape().rank()));
          want(op, join.right(), layout.slice(join.right().shape().rank()));
        }
      }
      case ShapeOp.Cat cat -> {
        want(op, cat.left(), ShapeLayouts.half(layout, cat));
        want(op, cat.right(), ShapeLayouts.half(layout, cat));
      }
      case ShapeOp.Split split -> want(op, split.operand(), layout.join());
      case ShapeOp.Gather gather -> want(op, gather.index(), layout);
      case ShapeOp.MakeRange range -> {}
      case ShapeOp.Splat splat -> {}
      case ShapeOp.Unsplat unsplat -> {}
    }
  }

  private void memory(MemoryOp op) {
    switch (op) {
      case MemoryOp.Load load -> {
        if (load.result().type().isTile()) {
          load.operands().forEach(operand -> want(load, operand, plan.layout(load.result())));
        }
      }
      case MemoryOp.Store store -> {
        if (store.value().type().isTile()) {
          store.operands().forEach(operand -> want(store, operand, plan.layout(store)));
        }
      }
      case MemoryOp.AtomicRmw atomic -> {
        if (atomic.result().type().isTile()) {
          atomic.operands().forEach(value -> want(atomic, value, plan.layout(atomic.result())));
        }
      }
      case MemoryOp.AtomicCas atomic -> {
        if (atomic.result().type().isTile()) {
          atomic.operands().forEach(value -> want(atomic, value, plan.layout(atomic.result())));
        }
      }
      default -> {}
    }
  }
}
