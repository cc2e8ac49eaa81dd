package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.VectorMemory.MaskPusher;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ConstantDescs;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A loop nest whose innermost loop runs over vectors. Statements that do not depend on the
 * innermost index run in scalar code outside of it.
 *
 * <p>The innermost loop exists twice where there are bounds: without masks for the blocks in which
 * every index is active, and with masks for the others.
 */
final class VectorNest {
  private final KernelWriter kernel;
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final NestPlan plan;
  private final NestVectors shape;
  private final ScalarNest scalar;
  private final VectorCode vectors;
  private final VectorOps ops;
  private final VectorMemory memory;
  private final LaneByLane buffers;
  private final ScalarBlocks blocks;
  private final RangeConditions conditions;
  private final NestBounds bounds;
  private final int rank;
  private final int innermost;
  private final Map<LaneStmt.Reduce, VectorReduction> reductions = new IdentityHashMap<>();

  VectorNest(KernelWriter kernel, CodeWriter writer, NestPlan plan, NestVectors shape) {
    this.kernel = kernel;
    this.writer = writer;
    this.code = writer.code();
    this.plan = plan;
    this.shape = shape;
    this.scalar = new ScalarNest(kernel, writer, plan);
    this.vectors = new VectorCode(writer, shape.lanes());
    this.buffers = new LaneByLane(vectors, kernel);
    this.ops = new VectorOps(vectors, buffers);
    this.memory = new VectorMemory(vectors, buffers);
    this.blocks = new ScalarBlocks(writer);
    this.rank = plan.rank();
    this.innermost = scalar.index()[rank - 1];
    this.conditions = RangeConditions.of(plan, writer.definitions());
    this.bounds = new NestBounds(writer, plan, scalar, shape.block(), conditions);
  }

  void emit() {
    scalar.prepare();
    for (NestPlan.Step step : plan.steps()) {
      if (step.statement() instanceof LaneStmt.Reduce reduce && reduce.axis() == rank - 1) {
        reductions.put(
            reduce, new VectorReduction(kernel, vectors, ops, buffers, reduce, shape.units()));
      }
    }
    level(0);
  }

  private void level(int depth) {
    plan.at(depth).forEach(s -> scalar.emit(s, depth));
    if (depth == rank - 1) {
      row();
      return;
    }
    int at = scalar.index()[depth];
    bounds.pushLoopStart(depth);
    code.istore(at);
    writer.loop(
        at,
        () -> bounds.pushLoopEnd(depth),
        1,
        () -> {
          scalar.offsets().enterLevel(depth);
          level(depth + 1);
        });
  }

  private void row() {
    reductions.values().forEach(VectorReduction::start);
    bounds.enterRow();
    if (bounds.hasMasks()) {
      bounds.pushStart();
      code.istore(innermost);
      if (bounds.hasLowerBounds()) {
        writer.loop(innermost, bounds::pushFullStart, shape.block(), () -> body(true));
      }
      writer.loop(innermost, bounds::pushFullEnd, shape.block(), () -> body(false));
      writer.loop(innermost, bounds::pushEnd, shape.block(), () -> body(true));
    } else {
      code.loadConstant(0).istore(innermost);
      writer.countedLoop(innermost, plan.shape().dim(rank - 1), shape.block(), () -> body(false));
    }
    for (Map.Entry<LaneStmt.Reduce, VectorReduction> entry : inOrder()) {
      finish(entry.getKey(), entry.getValue());
    }
  }

  private List<Map.Entry<LaneStmt.Reduce, VectorReduction>> inOrder() {
    var entries = new ArrayList<Map.Entry<LaneStmt.Reduce, VectorReduction>>();
    for (LaneStmt statement : plan.at(rank)) {
      if (statement instanceof LaneStmt.Reduce r && reductions.containsKey(r)) {
        entries.add(Map.entry(r, reductions.get(r)));
      }
    }
    return entries;
  }

  private void finish(LaneStmt.Reduce reduce, VectorReduction reduction) {
    reduction.finish();
    for (int i = 0; i < reduce.results().size(); i++) {
      TileRef target = reduce.results().get(i);
      int result = i;
      new MemoryAccess(writer)
          .store(
              target.dtype(),
              () -> scalar.offsets().push(target, rank - 1),
              () -> reduction.pushResult(result));
    }
  }

  // --- one block of the innermost loop

  private void body(boolean masked) {
    for (int unit = 0; unit < shape.units(); unit++) {
      var at = new Unit(unit, masked);
      plan.at(rank).forEach(at::emit);
    }
  }

  /** One vector of every value: part of a block. */
  private final class Unit {
    private final int unit;
    private final boolean masked;
    private final Map<List<LoopStmt.Bound>, Integer> boundMasks = new HashMap<>();
    private int indexVector = -1;

    Unit(int unit, boolean masked) {
      this.unit = unit;
      this.masked = masked;
    }

    private int firstLane() {
      return unit * shape.lanes();
    }

    /** Pushes the innermost index of every lane. */
    private void pushIndex() {
      if (indexVector < 0) {
        vectors.broadcast(LaneKind.INT, this::pushFirst);
        code.loadConstant(1);
        vectors.call(LaneKind.INT, "addIndex", ConstantDescs.CD_int);
        indexVector = vectors.storeNew();
      }
      code.aload(indexVector);
    }

    /** Pushes the innermost index of lane 0. */
    private void pushFirst() {
      code.iload(innermost);
      if (firstLane() != 0) {
        code.loadConstant(firstLane()).iadd();
      }
    }

    void emit(LaneStmt statement) {
      switch (statement) {
        case LaneStmt.Compute c
            when !masked
                && c.op() instanceof ElementwiseOp.Select select
                && !VectorCode.isMask(select.result())
                && conditions.holdsBelowLimits(select.condition()) -> {
          vectors.push(select.whenTrue());
          vectors.define(select.result(), LaneKind.of(select.result().dtype()));
        }
        case LaneStmt.Compute c -> ops.emit(c.op());
        case LaneStmt.Index i -> {
          pushIndex();
          vectors.define(i.result(), LaneKind.INT);
        }
        case LaneStmt.Load l -> {
          MaskPusher mask = mask(l.mask());
          memory.load(l.source().dtype(), place(l.source()), mask);
          define(l.result(), l.other(), mask);
        }
        case LaneStmt.GatherLoad l -> {
          MaskPusher mask = mask(l.mask());
          memory.gather(ScalarBlocks.elementType(l.address()), l.address(), mask);
          define(l.result(), l.other(), mask);
        }
        case LaneStmt.GatherTile g -> {
          memory.gatherTile(g.source().dtype(), place(g.source()), g.offset());
          define(g.result(), Optional.empty(), null);
        }
        case LaneStmt.Store s ->
            memory.store(s.target().dtype(), place(s.target()), s.value(), mask(s.mask()));
        case LaneStmt.ScatterStore s ->
            memory.scatter(
                ScalarBlocks.elementType(s.address()), s.address(), s.value(), mask(s.mask()));
        case LaneStmt.Assert a -> assertAll(a);
        case LaneStmt.Reduce r -> {
          if (reductions.containsKey(r)) {
            reductions.get(r).accumulate(unit, innermost);
          } else {
            reduceAcrossRows(r);
          }
        }
        case LaneStmt.AtomicRmw _, LaneStmt.AtomicCas _ ->
            throw new IllegalStateException("atomics are scalar");
      }
    }

    private VectorMemory.Place place(TileRef ref) {
      RefOffsets offsets = scalar.offsets();
      return new VectorMemory.Place(
          () -> {
            offsets.push(ref, rank - 1);
            offsets.addInnermost(ref, this::pushFirst);
          },
          ref.strides().get(rank - 1),
          () -> offsets.pushStride(ref, rank - 1),
          () -> {
            var indexed = (TileRef.Indexed) ref.strides().get(rank - 1);
            writer.pushScratchOffset(indexed.offset());
            pushFirst();
            code.i2l().loadConstant(8L).lmul().ladd();
          });
    }

    /** Takes loaded elements from the stack; masked-off lanes are 0 and become {@code other}. */
    private void define(Value result, Optional<Value> other, MaskPusher mask) {
      LaneKind kind = LaneKind.of(result.dtype());
      if (VectorCode.isMask(result)) {
        vectors.compareScalar(LaneKind.INT, "NE", () -> code.loadConstant(0));
        if (mask != null && other.isPresent()) {
          // (loaded) or (other and not mask)
          vectors.pushMask(other.get(), LaneKind.INT);
          mask.push(LaneKind.INT);
          vectors.maskNot();
          vectors.maskOp("and");
          vectors.maskOp("or");
        }
        vectors.defineMask(result, LaneKind.INT);
        return;
      }
      if (mask != null && other.isPresent() && !isZero(other.get())) {
        int loaded = vectors.storeNew();
        vectors.push(other.get());
        code.aload(loaded);
        mask.push(kind);
        vectors.blend(kind);
      }
      vectors.define(result, kind);
    }

    private boolean isZero(Value value) {
      Number constant = writer.definitions().constant(value);
      return constant != null
          && (value.dtype().isFloat()
              ? Double.doubleToRawLongBits(constant.doubleValue()) == 0
              : constant.longValue() == 0);
    }

    /** What pushes the mask of a statement; null where all lanes are active. */
    private MaskPusher mask(LaneStmt.Mask mask) {
      boolean laneIsUniform = mask.lane().isPresent() && plan.depthOf(mask.lane().get()) < rank;
      List<LoopStmt.Bound> active = masked ? bounds.maskedBounds(mask) : List.of();
      boolean hasLane = mask.lane().isPresent() && (masked || !laneIsUniform);
      if (active.isEmpty() && !hasLane) {
        return null;
      }
      if (active.isEmpty()) {
        return kind -> vectors.pushMask(mask.lane().get(), kind);
      }
      int slot = boundMasks.computeIfAbsent(active, this::boundMask);
      if (!hasLane) {
        return kind -> {
          code.aload(slot);
          vectors.castMask(LaneKind.INT, kind);
        };
      }
      code.aload(slot);
      vectors.pushMask(mask.lane().get(), LaneKind.INT);
      vectors.maskOp("and");
      int both = vectors.storeNew();
      return kind -> {
        code.aload(both);
        vectors.castMask(LaneKind.INT, kind);
      };
    }

    /** A mask of {@code INT} kind in a local variable: the lanes within all bounds. */
    private int boundMask(List<LoopStmt.Bound> active) {
      boolean isFirst = true;
      for (LoopStmt.Bound bound : active) {
        int[] sides = scalar.sides(bound);
        if (bound.axis() < rank - 1) {
          vectors.broadcastMask(LaneKind.INT, () -> bounds.pushIsActive(bound));
          isFirst = and(isFirst);
          continue;
        }
        if (bound.lower().isPresent()) {
          pushIndex();
          vectors.compareScalar(LaneKind.INT, "GE", () -> code.iload(sides[0]));
          isFirst = and(isFirst);
        }
        if (bound.upper().isPresent()) {
          pushIndex();
          vectors.compareScalar(LaneKind.INT, "LT", () -> code.iload(sides[1]));
          isFirst = and(isFirst);
        }
      }
      return vectors.storeNew();
    }

    private boolean and(boolean isFirst) {
      if (!isFirst) {
        vectors.maskOp("and");
      }
      return false;
    }

    private void assertAll(LaneStmt.Assert a) {
      vectors.pushMask(a.condition(), LaneKind.INT);
      vectors.maskNot();
      MaskPusher mask = mask(a.mask());
      if (mask != null) {
        mask.push(LaneKind.INT);
        vectors.maskOp("and");
      }
      vectors.anyTrue();
      Label end = code.newLabel();
      code.ifeq(end);
      blocks.fail(a.message(), a.loc());
      code.labelBinding(end);
    }

    /** Along another axis: the results themselves are the accumulators. */
    private void reduceAcrossRows(LaneStmt.Reduce reduce) {
      Label first = code.newLabel();
      Label end = code.newLabel();
      code.iload(scalar.index()[reduce.axis()]).ifeq(first);
      var combine =
          VectorReduction.combine(
              vectors,
              ops,
              writer,
              reduce.combine(),
              i -> pushAccumulated(reduce.results().get(i)),
              i -> pushInput(reduce.inputs().get(i)));
      for (int i = 0; i < reduce.results().size(); i++) {
        storeAccumulated(reduce.results().get(i), combine.terminator().operands().get(i));
      }
      code.goto_(end);
      code.labelBinding(first);
      for (int i = 0; i < reduce.results().size(); i++) {
        storeAccumulated(reduce.results().get(i), reduce.inputs().get(i));
      }
      code.labelBinding(end);
    }

    private void pushInput(Value input) {
      if (VectorCode.isMask(input)) {
        buffers.pushAsInts(input);
      } else {
        vectors.push(input);
      }
    }

    private void pushAccumulated(TileRef ref) {
      if (!VectorLegalizer.isSmallFloat(ref.dtype())) {
        memory.load(ref.dtype(), place(ref), null);
        return;
      }
      TileRef bits = VectorLegalizer.integers(ref);
      memory.load(bits.dtype(), place(bits), null);
      Value loaded = new Value(dev.kiln.compiler.ir.Type.scalar(DType.I32));
      vectors.define(loaded, LaneKind.INT);
      var seq =
          new OpSequence(writer.definitions(), dev.kiln.compiler.diagnostics.Location.UNKNOWN);
      Value decoded = new SmallFloatBits(seq, ref.dtype()).decode(loaded);
      emitAll(seq.ops());
      vectors.push(decoded);
    }

    private void storeAccumulated(TileRef ref, Value value) {
      if (!VectorLegalizer.isSmallFloat(ref.dtype())) {
        memory.store(ref.dtype(), place(ref), value, null);
        return;
      }
      var seq =
          new OpSequence(writer.definitions(), dev.kiln.compiler.diagnostics.Location.UNKNOWN);
      Value wide = new Value(dev.kiln.compiler.ir.Type.scalar(DType.FP32));
      writer.definitions().alias(wide, value);
      Value bits = new SmallFloatBits(seq, ref.dtype()).encode(wide);
      emitAll(seq.ops());
      TileRef target = VectorLegalizer.integers(ref);
      memory.store(target.dtype(), place(target), bits, null);
    }

    private void emitAll(List<ElementwiseOp> list) {
      list.forEach(ops::emit);
    }
  }
}
