package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.analysis.AxisInfo;
import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.BlockedLayout;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Optional;
import java.util.Set;

/**
 * A plain plan: all tiles of a shape have one layout, in which most of the loads and stores of that
 * shape are coalesced; reductions give slices of it, products their accumulators.
 */
public final class BlockedPlan implements KernelPlan {
  private static final int VECTOR_BYTES = 16;

  private final int warps;
  private final AxisAnalysis axes;
  private final DotChoice dots;
  private final PipelinePlan pipelines;
  private final Map<Shape, LinearLayout> byShape = new HashMap<>();
  private final Map<Value, LinearLayout> layouts = new HashMap<>();
  private final Map<ComputeOp.Dot, DotForm> forms = new HashMap<>();
  private final Set<Value> recomputed = new HashSet<>();

  public BlockedPlan(TileFunction function, GpuTarget target, CompileOptions options) {
    warps = options.numWarps();
    axes = AxisAnalysis.of(function);
    Uses uses = Uses.of(function);
    dots = new DotChoice(warps, target, uses);
    pipelines = new PipelinePlan(function, uses, axes, this, options.numStages());
    accesses(function.body());
    assign(function.body());
  }

  @Override
  public int warps() {
    return warps;
  }

  @Override
  public LinearLayout layout(Value tile) {
    LinearLayout layout = layouts.get(tile);
    return layout != null ? layout : ofShape(tile.shape());
  }

  @Override
  public boolean isRecomputed(Value tile) {
    return recomputed.contains(tile);
  }

  @Override
  public DotForm form(ComputeOp.Dot dot) {
    return forms.computeIfAbsent(dot, dots::choose);
  }

  @Override
  public Optional<PipelinedLoop> pipeline(ControlOp.For loop) {
    return pipelines.of(loop);
  }

  private LinearLayout ofShape(Shape shape) {
    return byShape.computeIfAbsent(shape, s -> BlockedLayout.rowMajor(s, 1, warps));
  }

  // ---------------------------------------------------------------- loads and stores

  private void accesses(Block block) {
    for (Op op : block.ops()) {
      switch (op) {
        case MemoryOp.Load load -> access(load.pointer(), load.mask());
        case MemoryOp.Store store -> access(store.pointer(), store.mask());
        default -> op.blocks().forEach(this::accesses);
      }
    }
  }

  /** The first access of a shape decides the order of axes, the widest the width of vectors. */
  private void access(Value pointer, Optional<Value> mask) {
    Shape shape = pointer.shape();
    if (shape.rank() == 0) {
      return;
    }
    AxisInfo info = axes.info(pointer);
    int fastest = shape.rank() - 1;
    for (int axis = shape.rank() - 2; axis >= 0; axis--) {
      fastest = info.contiguity(axis) > info.contiguity(fastest) ? axis : fastest;
    }
    int bytes = pointer.type().pointee().bytes();
    long width = Math.min(info.contiguity(fastest), VECTOR_BYTES / bytes);
    width = Math.min(width, Math.max(1, info.divisibility(fastest) / bytes));
    width = Math.min(width, Math.max(1, shape.size() / (32 * warps)));
    width = mask.isPresent() ? Math.min(width, axes.info(mask.get()).constancy(fastest)) : width;
    LinearLayout layout =
        BlockedLayout.coalesced(shape, order(shape.rank(), fastest), (int) width, warps);
    LinearLayout present = byShape.get(shape);
    if (present == null || present.contiguous(fastest) < layout.contiguous(fastest)) {
      byShape.put(shape, layout);
    }
  }

  private static int[] order(int rank, int fastest) {
    int[] order = new int[rank];
    order[0] = fastest;
    int next = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
      if (axis != fastest) {
        order[next++] = axis;
      }
    }
    return order;
  }

  // ---------------------------------------------------------------- tiles

  private void assign(Block block) {
    block.ops().forEach(this::assign);
  }

  private void assign(Op op) {
    switch (op) {
      case ComputeOp.Dot dot -> layouts.put(dot.result(), form(dot).accumulator());
      case ComputeOp.Reduce reduce -> reduced(reduce);
      case ComputeOp.Scan scan -> like(scan.results(), scan.inputs());
      case ComputeOp.MapElementwise map -> {}
      case ElementwiseOp elementwise -> elementwise(elementwise);
      case ShapeOp shape -> shape(shape);
      case ControlOp.For loop -> {
        carried(loop.carried(), loop.inits(), loop.body());
        assign(loop.body());
        like(loop.results(), loop.carried());
      }
      default -> op.blocks().forEach(this::assign);
    }
  }

  private void like(List<Value> values, List<Value> from) {
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i).type().isTile() && values.get(i).shape().equals(from.get(i).shape())) {
        layouts.put(values.get(i), layout(from.get(i)));
      }
    }
  }

  /** As they begin; accumulators of products as those want them. */
  private void carried(List<Value> carried, List<Value> inits, Block body) {
    like(carried, inits);
    List<Value> next = body.terminator().operands();
    for (Op op : body.ops()) {
      if (op instanceof ComputeOp.Dot dot && next.contains(dot.result())) {
        layouts.put(carried.get(next.indexOf(dot.result())), form(dot).accumulator());
      }
    }
  }

  private void reduced(ComputeOp.Reduce reduce) {
    LinearLayout slice = layout(reduce.inputs().getFirst()).slice(reduce.axis());
    for (Value result : reduce.results()) {
      if (result.type().isTile()) {
        layouts.put(result, slice.withoutRepeatedRegisters());
      }
    }
  }

  private void elementwise(ElementwiseOp op) {
    if (!op.result().type().isTile()) {
      return;
    }
    boolean cheap =
        op.result().dtype().isInteger()
            && switch (op) {
              case ElementwiseOp.Binary binary ->
                  switch (binary.kind()) {
                    case DIVS, DIVU, REMS, REMU -> isConstant(binary.right());
                    default -> true;
                  };
              default -> true;
            };
    boolean isConstant = op instanceof ElementwiseOp.Constant;
    if (isConstant || cheap && op.operands().stream().allMatch(this::isRecomputed)) {
      recomputed.add(op.result());
    } else {
      op.operands().stream()
          .filter(operand -> !isRecomputed(operand))
          .findFirst()
          .ifPresent(operand -> layouts.put(op.result(), layout(operand)));
    }
  }

  private boolean isConstant(Value value) {
    return axes.info(value).constant().isPresent();
  }

  private void shape(ShapeOp op) {
    boolean moves = op instanceof ShapeOp.Gather || op instanceof ShapeOp.Unsplat;
    boolean isCheap =
        op instanceof ShapeOp.MakeRange
            || op instanceof ShapeOp.Splat
            || op.operands().stream().allMatch(v -> !v.type().isTile() || isRecomputed(v));
    if (isCheap && !moves) {
      recomputed.addAll(op.results());
    }
  }
}
