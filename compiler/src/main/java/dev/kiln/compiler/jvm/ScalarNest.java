package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.IntegerOps;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** A loop nest as scalar code: every statement, every type. */
final class ScalarNest {
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final NestPlan plan;
  private final ScalarBlocks blocks;
  private final ScalarOps ops;
  private final MemoryAccess memory;
  private final int rank;
  private final int[] index;
  private final RefOffsets offsets;
  private final Map<LoopStmt.Bound, int[]> bounds = new HashMap<>();
  private final Map<LaneStmt.Reduce, LaneReduction> laneReductions = new IdentityHashMap<>();
  private final KernelWriter kernel;

  ScalarNest(KernelWriter kernel, CodeWriter writer, NestPlan plan) {
    this.kernel = kernel;
    this.writer = writer;
    this.code = writer.code();
    this.plan = plan;
    this.blocks = new ScalarBlocks(writer);
    this.ops = new ScalarOps(writer);
    this.memory = new MemoryAccess(writer);
    this.rank = plan.rank();
    this.index = new int[rank];
    for (int i = 0; i < rank; i++) {
      index[i] = code.allocateLocal(TypeKind.INT);
    }
    this.offsets = new RefOffsets(writer, IntStream.range(0, rank).toArray(), index);
  }

  /** Before the loops: addresses and bounds. */
  void prepare() {
    offsets.enter(refs(plan));
    prepareBounds();
  }

  RefOffsets offsets() {
    return offsets;
  }

  /** The local variable of each axis's index. */
  int[] index() {
    return index;
  }

  /** The local variables of a bound's sides. */
  int[] sides(LoopStmt.Bound bound) {
    return bounds.get(bound);
  }

  void emit() {
    prepare();
    long accumulators = 0;
    for (NestPlan.Step step : plan.steps()) {
      if (step.statement() instanceof LaneStmt.Reduce reduce && reduce.axis() == rank - 1) {
        var lanes =
            new LaneReduction(writer, kernel, reduce, plan.shape().dim(rank - 1), accumulators);
        accumulators += lanes.bytes();
        laneReductions.put(reduce, lanes);
      }
    }
    level(0);
  }

  static Set<TileRef> refs(NestPlan plan) {
    Set<TileRef> refs = new LinkedHashSet<>();
    for (NestPlan.Step step : plan.steps()) {
      switch (step.statement()) {
        case LaneStmt.Load l -> refs.add(l.source());
        case LaneStmt.GatherTile g -> refs.add(g.source());
        case LaneStmt.Store s -> refs.add(s.target());
        case LaneStmt.Reduce r -> refs.addAll(r.results());
        case LaneStmt.Compute _,
            LaneStmt.Index _,
            LaneStmt.GatherLoad _,
            LaneStmt.ScatterStore _,
            LaneStmt.AtomicRmw _,
            LaneStmt.AtomicCas _,
            LaneStmt.Assert _ -> {}
      }
    }
    return refs;
  }

  static LaneStmt.Mask maskOf(LaneStmt statement) {
    return switch (statement) {
      case LaneStmt.Load l -> l.mask();
      case LaneStmt.GatherLoad l -> l.mask();
      case LaneStmt.Store s -> s.mask();
      case LaneStmt.ScatterStore s -> s.mask();
      case LaneStmt.AtomicRmw a -> a.mask();
      case LaneStmt.Assert a -> a.mask();
      case LaneStmt.Compute _,
          LaneStmt.Index _,
          LaneStmt.GatherTile _,
          LaneStmt.AtomicCas _,
          LaneStmt.Reduce _ ->
          LaneStmt.Mask.ALL;
    };
  }

  private void prepareBounds() {
    for (NestPlan.Step step : plan.steps()) {
      for (LoopStmt.Bound bound : maskOf(step.statement()).bounds()) {
        bounds.computeIfAbsent(bound, b -> clamp(writer, b, plan.shape().dim(b.axis())));
      }
    }
  }

  /** Two int locals: the bound's sides inside the axis. */
  static int[] clamp(CodeWriter writer, LoopStmt.Bound bound, int extent) {
    CodeBuilder code = writer.code();
    int low = code.allocateLocal(TypeKind.INT);
    int high = code.allocateLocal(TypeKind.INT);
    pushSide(writer, bound.lower().orElse(null), 0, extent);
    code.istore(low);
    pushSide(writer, bound.upper().orElse(null), extent, extent);
    code.istore(high);
    return new int[] {low, high};
  }

  private static void pushSide(CodeWriter writer, Value side, int edge, int extent) {
    if (side == null) {
      writer.code().loadConstant(edge);
      return;
    }
    writer.pushLong(side);
    writer.code().loadConstant(extent);
    writer.call(IntegerOps.class, "bound", CD_int, CD_long, CD_int);
  }

  private void level(int depth) {
    for (LaneStmt statement : plan.at(depth)) {
      emit(statement, depth);
    }
    if (depth == rank) {
      return;
    }
    boolean innermost = depth == rank - 1;
    code.loadConstant(0).istore(index[depth]);
    writer.countedLoop(
        index[depth],
        plan.shape().dim(depth),
        1,
        () -> {
          if (!innermost) {
            offsets.enterLevel(depth);
          }
          level(depth + 1);
        });
    if (innermost) {
      laneReductions.forEach(
          (reduce, lanes) -> lanes.finish(i -> store(reduce.results().get(i), rank - 1, lanes, i)));
    }
  }

  private void store(TileRef target, int level, LaneReduction lanes, int result) {
    memory.store(target.dtype(), () -> offsets.push(target, level), () -> lanes.pushFirst(result));
  }

  /** A statement for the current indices of the first {@code depth} axes. */
  void emit(LaneStmt statement, int depth) {
    switch (statement) {
      case LaneStmt.Compute c -> ops.emit(c.op());
      case LaneStmt.Index i -> {
        code.iload(index[i.axis()]);
        writer.define(i.result());
      }
      case LaneStmt.Load l ->
          read(
              l.result(),
              l.mask(),
              l.other(),
              () -> memory.load(l.source().dtype(), () -> offsets.push(l.source(), depth)));
      case LaneStmt.GatherLoad l ->
          read(
              l.result(),
              l.mask(),
              l.other(),
              () ->
                  memory.load(
                      ScalarBlocks.elementType(l.address()), () -> memory.pushOffset(l.address())));
      case LaneStmt.GatherTile g -> {
        DType dtype = g.source().dtype();
        memory.load(
            dtype,
            () -> {
              offsets.push(g.source(), depth);
              writer.pushLong(g.offset());
              code.loadConstant((long) dtype.bytes()).lmul().ladd();
            });
        writer.define(g.result());
      }
      case LaneStmt.Store s ->
          whenActive(
              s.mask(),
              () ->
                  memory.store(
                      s.target().dtype(),
                      () -> offsets.push(s.target(), depth),
                      () -> writer.push(s.value())));
      case LaneStmt.ScatterStore s ->
          whenActive(
              s.mask(),
              () ->
                  memory.store(
                      ScalarBlocks.elementType(s.address()),
                      () -> memory.pushOffset(s.address()),
                      () -> writer.push(s.value())));
      case LaneStmt.AtomicRmw a ->
          read(
              a.result(),
              a.mask(),
              Optional.empty(),
              () ->
                  memory.atomicRmw(
                      a.kind(), ScalarBlocks.elementType(a.address()), a.address(), a.value()));
      case LaneStmt.AtomicCas a -> {
        memory.atomicCas(
            ScalarBlocks.elementType(a.address()), a.address(), a.expected(), a.value());
        writer.define(a.result());
      }
      case LaneStmt.Assert a ->
          whenActive(a.mask(), () -> blocks.assertTrue(a.condition(), a.message(), a.loc()));
      case LaneStmt.Reduce r -> reduce(r);
    }
  }

  /** Jumps away where an index is inactive. */
  private void branchIfInactive(LaneStmt.Mask mask, Label inactive) {
    for (LoopStmt.Bound bound : mask.bounds()) {
      int[] sides = bounds.get(bound);
      int at = index[bound.axis()];
      if (bound.lower().isPresent()) {
        code.iload(at).iload(sides[0]).if_icmplt(inactive);
      }
      if (bound.upper().isPresent()) {
        code.iload(at).iload(sides[1]).if_icmpge(inactive);
      }
    }
    mask.lane()
        .ifPresent(
            lane -> {
              writer.push(lane);
              code.ifeq(inactive);
            });
  }

  private void whenActive(LaneStmt.Mask mask, Runnable action) {
    Label end = code.newLabel();
    branchIfInactive(mask, end);
    action.run();
    code.labelBinding(end);
  }

  private void read(Value result, LaneStmt.Mask mask, Optional<Value> other, Runnable pushRead) {
    if (mask.isAll()) {
      pushRead.run();
      writer.define(result);
      return;
    }
    Label inactive = code.newLabel();
    Label end = code.newLabel();
    writer.declare(result);
    branchIfInactive(mask, inactive);
    pushRead.run();
    writer.assign(result);
    code.goto_(end);
    code.labelBinding(inactive);
    memory.pushOther(result.dtype(), other);
    writer.assign(result);
    code.labelBinding(end);
  }

  private void reduce(LaneStmt.Reduce reduce) {
    LaneReduction lanes = laneReductions.get(reduce);
    if (lanes != null) {
      lanes.accumulate(index[rank - 1]);
      return;
    }
    // Accumulates in the results themselves, which hold the inputs' type.
    Label first = code.newLabel();
    Label end = code.newLabel();
    code.iload(index[reduce.axis()]).ifeq(first);
    var combine = new CombineBlock(writer, blocks, reduce.combine());
    combine.emit(
        i -> {
          TileRef target = reduce.results().get(i);
          memory.load(target.dtype(), () -> offsets.push(target, rank));
        },
        i -> writer.push(reduce.inputs().get(i)));
    for (int i = 0; i < reduce.results().size(); i++) {
      TileRef target = reduce.results().get(i);
      Value yield = combine.result(i);
      memory.store(target.dtype(), () -> offsets.push(target, rank), () -> writer.push(yield));
    }
    code.goto_(end);
    code.labelBinding(first);
    for (int i = 0; i < reduce.results().size(); i++) {
      TileRef target = reduce.results().get(i);
      Value input = reduce.inputs().get(i);
      memory.store(target.dtype(), () -> offsets.push(target, rank), () -> writer.push(input));
    }
    code.labelBinding(end);
  }
}
