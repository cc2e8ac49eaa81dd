package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Lowers operations in which elements at different indices meet. */
final class ComputeLowering {
  private final KernelLowering kernel;
  private final Region region;
  private final CarriedTiles carried;

  ComputeLowering(KernelLowering kernel, Region region, CarriedTiles carried) {
    this.kernel = kernel;
    this.region = region;
    this.carried = carried;
  }

  void lower(ComputeOp op) {
    if (op.results().stream().noneMatch(kernel.uses()::isUsed)) {
      return;
    }
    switch (op) {
      case ComputeOp.Dot dot -> new DotLowering(kernel, region, carried).lower(dot);
      case ComputeOp.Reduce reduce -> reduce(reduce);
      case ComputeOp.Scan scan -> scan(scan);
      case ComputeOp.MapElementwise map -> mapElementwise(map);
      case ComputeOp.InlineAsm asm ->
          throw CompilationException.at(
              asm.loc(), "inline_asm_elementwise needs a GPU target: a CPU does not run PTX");
      case ComputeOp.Histogram histogram -> histogram(histogram);
    }
  }

  private void reduce(ComputeOp.Reduce reduce) {
    Shape shape = reduce.inputs().getFirst().shape();
    if (shape.dim(reduce.axis()) == 1) {
      // Nothing to combine: a tile is read through the axis, a scalar from memory.
      for (int i = 0; i < reduce.results().size(); i++) {
        Value result = reduce.results().get(i);
        if (!result.type().isTile() && kernel.uses().isUsed(result)) {
          readOnly(reduce, reduce.inputs().get(i), result);
        }
      }
      return;
    }
    int[] buffers = allocate(reduce, reduce.results());
    Group group =
        kernel
            .place(
                reduce.loc(),
                region,
                shape,
                false,
                (pull, map) -> addReduce(pull, map, reduce, buffers))
            .orElseThrow();
    define(reduce, buffers, group.index() + 1);
  }

  private void readOnly(ComputeOp.Reduce reduce, Value input, Value result) {
    kernel.materialise(input);
    KernelLowering.Located at = kernel.located(input).orElseThrow();
    int index = at.region() == region ? at.index() : 0;
    kernel.readElement(reduce.loc(), result, at.buffer(), region, index);
  }

  private static void addReduce(Pull pull, IndexMap map, ComputeOp.Reduce reduce, int[] buffers) {
    List<Value> lanes = reduce.inputs().stream().map(v -> pull.pull(v, map)).toList();
    Uses.captured(reduce.combine()).forEach(pull::require);
    List<TileRef> targets = new ArrayList<>();
    for (int i = 0; i < buffers.length; i++) {
      Value result = reduce.results().get(i);
      TileRef target =
          Refs.scratch(result.dtype(), buffers[i], result.shape(), map.remove(reduce.axis()));
      pull.access(Access.write(new Access.Buffer(buffers[i], target, true)));
      targets.add(target);
    }
    int axis = map.plainAxis(reduce.axis()).orElseThrow();
    pull.effect(new LaneStmt.Reduce(reduce.loc(), lanes, axis, reduce.combine(), targets));
  }

  private int[] allocate(ComputeOp op, List<Value> results) {
    return results.stream()
        .mapToInt(r -> kernel.scratch().allocate(r.dtype(), r.shape(), op.loc()))
        .toArray();
  }

  private void define(ComputeOp op, int[] buffers, int index) {
    for (int i = 0; i < buffers.length; i++) {
      Value result = op.results().get(i);
      if (result.type().isTile()) {
        kernel.locate(result, buffers[i], region, index);
      } else if (kernel.uses().isUsed(result)) {
        kernel.readElement(op.loc(), result, buffers[i], region, index);
      }
    }
  }

  private List<TileRef> targets(List<Value> results, int[] buffers, List<Access> accesses) {
    List<TileRef> refs = new ArrayList<>();
    for (int i = 0; i < buffers.length; i++) {
      TileRef ref = WholeTiles.whole(results.get(i), buffers[i]);
      accesses.add(Access.write(new Access.Buffer(buffers[i], ref, true)));
      refs.add(ref);
    }
    return refs;
  }

  private List<TileRef> sources(List<Value> inputs, List<Access> accesses) {
    return inputs.stream().map(v -> WholeTiles.read(kernel, v, accesses)).toList();
  }

  private void append(ComputeOp op, LoopStmt statement, List<Access> accesses, int[] buffers) {
    int index = region.append(new Region.Fixed(statement, accesses));
    define(op, buffers, index + 1);
  }

  private void scan(ComputeOp.Scan scan) {
    List<Access> accesses = new ArrayList<>();
    List<TileRef> sources = sources(scan.inputs(), accesses);
    int[] buffers = allocate(scan, scan.results());
    List<TileRef> targets = targets(scan.results(), buffers, accesses);
    Shape shape = scan.inputs().getFirst().shape();
    append(
        scan,
        new LoopStmt.Scan(
            scan.loc(), shape, scan.axis(), scan.reverse(), scan.combine(), sources, targets),
        accesses,
        buffers);
  }

  private void mapElementwise(ComputeOp.MapElementwise map) {
    List<Access> accesses = new ArrayList<>();
    List<TileRef> sources = sources(map.inputs(), accesses);
    int[] buffers = allocate(map, map.results());
    List<TileRef> targets = targets(map.results(), buffers, accesses);
    Shape shape = map.inputs().getFirst().shape();
    append(
        map,
        new LoopStmt.MapElementwise(map.loc(), shape, map.pack(), map.body(), sources, targets),
        accesses,
        buffers);
  }

  private void histogram(ComputeOp.Histogram histogram) {
    List<Access> accesses = new ArrayList<>();
    TileRef source = WholeTiles.read(kernel, histogram.operand(), accesses);
    Optional<TileRef> mask = histogram.mask().map(m -> WholeTiles.read(kernel, m, accesses));
    int[] buffers = allocate(histogram, histogram.results());
    TileRef target = targets(histogram.results(), buffers, accesses).getFirst();
    append(
        histogram,
        new LoopStmt.Histogram(
            histogram.loc(),
            histogram.operand().shape().size(),
            histogram.result().shape().size(),
            source,
            mask,
            target),
        accesses,
        buffers);
  }

  /** Converts every element of a tile that lies in one buffer into another buffer. */
  static void convert(
      KernelLowering kernel,
      Region region,
      ComputeOp op,
      Value to,
      int source,
      DType from,
      int target) {
    CastKind kind = from.bits() > to.dtype().bits() ? CastKind.FPTRUNC : CastKind.FPEXT;
    Group group =
        kernel
            .place(
                op.loc(),
                region,
                to.shape(),
                false,
                (pull, map) -> {
                  TileRef read = Refs.scratch(from, source, to.shape(), map);
                  TileRef write = Refs.scratch(to.dtype(), target, to.shape(), map);
                  Value lane =
                      pull.cast(kind, pull.element(read, source, Type.scalar(from)), to.dtype());
                  pull.access(Access.write(new Access.Buffer(target, write, true)));
                  pull.effect(new LaneStmt.Store(op.loc(), write, lane, LaneStmt.Mask.ALL));
                })
            .orElseThrow();
    kernel.locate(to, target, region, group.index() + 1);
  }
}
