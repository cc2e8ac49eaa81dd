package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.BlockedLayout;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Layouts by {@link LayoutAssignment}, products by {@link DotChoice}. */
public final class LayoutPlan implements KernelPlan {
  private final int warps;
  private final GpuTarget target;
  private final DotChoice dots;
  private final TensorSources tensors;
  private final PipelinePlan pipelines;
  private final Recomputation recomputation;
  private final AccessCost accesses;
  private final LoadChains chains;
  private final LayoutGraph graph;
  private final LayoutAssignment assignment;
  private final Map<ComputeOp.Dot, DotForm> forms = new HashMap<>();

  public LayoutPlan(TileFunction function, GpuTarget target, CompileOptions options) {
    warps = options.numWarps();
    this.target = target;
    AxisAnalysis axes = AxisAnalysis.of(function);
    Uses uses = Uses.of(function);
    dots = new DotChoice(warps, target, uses);
    recomputation = Recomputation.of(function, axes);
    accesses = new AccessCost(axes, warps);
    tensors = new TensorSources(function, uses, target, options.versioned());
    pipelines =
        new PipelinePlan(
            function, uses, axes, tensors, this, options.numStages(), target.sharedLimit());
    chains = new LoadChains(uses, recomputation, warps);
    chain(function.body());
    graph = LayoutGraph.of(function, this::isRecomputed, this::form, chains::home);
    assignment = new LayoutAssignment(graph, accesses, warps);
    assignment.run();
  }

  private void chain(Block block) {
    for (Op op : block.ops()) {
      if (op instanceof ControlOp.For loop) {
        List<PipelinedLoop.Copy> copies = pipelines.foreseen(loop);
        if (!copies.isEmpty()) {
          chains.add(copies);
          products(loop.body());
        }
      }
      op.blocks().forEach(this::chain);
    }
  }

  private void products(Block block) {
    for (Op op : block.ops()) {
      if (op instanceof ComputeOp.Dot dot) {
        chains.add(dot, form(dot));
      }
      op.blocks().forEach(this::products);
    }
  }

  @Override
  public int warps() {
    return warps;
  }

  @Override
  public LinearLayout layout(Value tile) {
    LayoutNode node = graph.nodeOf(tile);
    return node != null ? node.layout() : BlockedLayout.rowMajor(tile.shape(), 1, warps);
  }

  @Override
  public LinearLayout layout(MemoryOp.Store store) {
    LinearLayout chosen = assignment.ofStore(store);
    return chosen != null
        ? chosen
        : accesses.coalesced(store.pointer(), store.mask()).iterator().next();
  }

  @Override
  public boolean isRecomputed(Value tile) {
    return recomputation.isRecomputed(tile) || chains != null && chains.isComputedByProduct(tile);
  }

  @Override
  public boolean isReadByProducts(Value load) {
    return chains.isReadByProduct(load);
  }

  @Override
  public Optional<SharedLayout> placed(Value load) {
    return chains.placed(load);
  }

  @Override
  public DotForm form(ComputeOp.Dot dot) {
    return forms.computeIfAbsent(dot, dots::choose);
  }

  @Override
  public Optional<TensorSource> tensorCopy(MemoryOp.Load load) {
    return pipelines.isOnlyForProducts(load.result(), true)
        ? tensors.of(load).filter(source -> leavesRoom(load.result()))
        : Optional.empty();
  }

  @Override
  public Optional<TensorSource> tensorCopy(MemoryOp.Store store) {
    return tensors.of(store).filter(source -> leavesRoom(store.value()));
  }

  /** Whether a tile takes half of the shared memory at most. */
  private boolean leavesRoom(Value tile) {
    return 2L * tile.shape().size() * tile.dtype().bytes() <= target.sharedLimit();
  }

  @Override
  public Optional<PipelinedLoop> pipeline(ControlOp.For loop) {
    return pipelines.of(loop);
  }
}
