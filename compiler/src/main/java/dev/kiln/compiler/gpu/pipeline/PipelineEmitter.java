package dev.kiln.compiler.gpu.pipeline;

import dev.kiln.compiler.gpu.emit.Carried;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.ForBounds;
import dev.kiln.compiler.gpu.emit.LoopAhead;
import dev.kiln.compiler.gpu.pipeline.CopyEmitter.Place;
import dev.kiln.compiler.gpu.plan.PipelinedLoop;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A loop whose loads run ahead, by {@code cp.async} (PTX ISA, "Non-bulk copy"). With {@code s}
 * stages, {@code s - 1} iterations' data are on their way before the first iteration. Iteration
 * {@code i}
 *
 * <ul>
 *   <li>waits until its own data have come, and at a barrier until all threads' have, which also
 *       means that no thread reads the buffer of iteration {@code i - 1} any more;
 *   <li>starts the copies of iteration {@code i + s - 1}, if there is one, into that buffer;
 *   <li>computes, reading from its own buffer.
 * </ul>
 *
 * What addresses depend on is carried twice: for the iteration, and for the one that far ahead.
 */
public final class PipelineEmitter implements LoopAhead {
  /** Operations on tiles beside a product, at most, of loops that are written twice. */
  private static final int MOST_BESIDE = 6;

  private final Emission emission;
  private final PtxBuilder ptx;
  private final ControlOp.For loop;
  private final PipelinedLoop plan;
  private final ForBounds bounds;
  private final Carried ahead;
  private final List<CopyEmitter> copies;
  private final List<TensorCopyEmitter> tensorCopies;

  /** For tensor copies; {@code null} if there are none. */
  private final FullBarriers full;

  /**
   * For each size of a stage the place, in the list of what the loop carries, of the offset of the
   * buffer that is written to.
   */
  private final Map<Long, Integer> rings = new TreeMap<>();

  /** For each size of a stage where the buffer of the iteration begins. */
  private final Map<Long, Operand> reads = new TreeMap<>();

  /**
   * The number of the iteration ahead. It is carried, though it is the iteration's own plus a
   * distance, so that what depends on it alone can be carried in its place.
   */
  private Operand aheadInduction;

  /** 0 and 1 by turns, each time around the ring: the phase in which its barrier shows a buffer. */
  private Operand parity;

  /** What addresses need in the next iteration. */
  private List<Operand> following;

  private PipelineEmitter(
      Emission emission, ControlOp.For loop, PipelinedLoop plan, ForBounds bounds) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.loop = loop;
    this.plan = plan;
    this.bounds = bounds;
    this.ahead = new Carried(emission, carried(loop.carried()));
    this.copies =
        plan.copies().stream().map(copy -> new CopyEmitter(emission, copy, plan)).toList();
    this.tensorCopies =
        plan.tensorCopies().stream()
            .map(copy -> new TensorCopyEmitter(emission, copy, plan.stages()))
            .toList();
    this.full = tensorCopies.isEmpty() ? null : new FullBarriers(emission, plan.stages());
  }

  /** How a loop runs ahead, if it does. */
  public static Optional<LoopAhead> of(Emission emission, ControlOp.For loop, ForBounds bounds) {
    return emission
        .plan()
        .pipeline(loop)
        .map(plan -> new PipelineEmitter(emission, loop, plan, bounds));
  }

  /** Of values, one for each that the loop carries, those that addresses need. */
  private List<Value> carried(List<Value> values) {
    return plan.slice().carried().stream().map(values::get).toList();
  }

  private int distance() {
    return plan.stages() - 1;
  }

  @Override
  public List<Operand> begin() {
    bounds.prepare(distance());
    if (full != null) {
      full.begin();
    }
    List<Operand> values = ahead.operands(carried(loop.inits()));
    for (int i = 0; i < distance(); i++) {
      Operand exists = i == 0 ? Immediate.pred(true) : bounds.isFollowed(bounds.lower(), i);
      values =
          issue(bounds.later(bounds.lower(), i), values, exists, stageOffsets(i), Place.BEFORE);
    }
    List<Operand> carried = new ArrayList<>(values);
    for (long bytes : stageBytes()) {
      if (rings.putIfAbsent(bytes, 1 + carried.size()) == null) {
        carried.add(Immediate.b32((int) (distance() * bytes)));
      }
    }
    if (full != null) {
      carried.add(Immediate.b32(1));
    }
    return carry(carried, bounds.lower());
  }

  @Override
  public List<Operand> carry(List<Operand> left, Operand induction) {
    List<Operand> carried = new ArrayList<>();
    carried.add(bounds.later(induction, distance()));
    carried.addAll(left);
    return carried;
  }

  /**
   * Iterations are steady while the one ahead exists and its masks are true but for parts that do
   * not change. To have them for themselves pays where the rest of the body is small.
   */
  @Override
  public Optional<Operand> steadyEnd() {
    var masks = new SteadyMasks(emission.uses(), loop);
    List<Value> varying = copies.stream().flatMap(copy -> copy.varyingMasks().stream()).toList();
    List<SteadyMasks.Bound> ends =
        varying.stream().map(masks::bound).flatMap(Optional::stream).distinct().toList();
    if (varying.isEmpty()
        || !isSmall()
        || varying.stream().anyMatch(v -> masks.bound(v).isEmpty())) {
      return Optional.empty();
    }
    Operand end = bounds.limit(distance());
    for (SteadyMasks.Bound bound : ends) {
      Operand limit = limit(bound);
      for (int i = 0; i < distance(); i++) {
        limit = bounds.lowered(limit);
      }
      end = ptx.emit("min.s32", RegisterClass.B32, end, limit);
    }
    return Optional.of(end);
  }

  /** The number below which a mask is true: {@code ceil((limit - reach) / factor)}. */
  private Operand limit(SteadyMasks.Bound bound) {
    Operand most =
        ptx.emit(
            "sub.sat.s32",
            RegisterClass.B32,
            emission.scalar(bound.limit()),
            Immediate.b32((int) bound.reach()));
    if (bound.factor() == 1) {
      return most;
    }
    Operand positive = ptx.emit("max.s32", RegisterClass.B32, most, Immediate.b32(0));
    Operand rounded =
        ptx.emit("add.s32", RegisterClass.B32, positive, Immediate.b32((int) bound.factor() - 1));
    Operand limit =
        ptx.emit("div.u32", RegisterClass.B32, rounded, Immediate.b32((int) bound.factor()));
    // For negative numbers nothing is known.
    Operand isKnown = ptx.emit("setp.ge.s32", RegisterClass.PRED, bounds.lower(), Immediate.b32(0));
    return ptx.emit(
        "selp.b32", RegisterClass.B32, limit, Immediate.b32(Integer.MIN_VALUE), isKnown);
  }

  /** Whether nothing but one product of tiles is in the loop, and a little arithmetic on tiles. */
  private boolean isSmall() {
    List<Op> rest =
        loop.body().body().stream()
            .filter(op -> plan.slice().ops().stream().noneMatch(ahead -> ahead == op))
            .filter(op -> plan.loads().stream().noneMatch(load -> load == op))
            .filter(op -> op.results().stream().anyMatch(result -> result.type().isTile()))
            .filter(op -> !(op instanceof ShapeOp))
            .toList();
    return rest.size() <= 1 + MOST_BESIDE
        && rest.stream().filter(ComputeOp.Dot.class::isInstance).count() == 1
        && rest.stream().allMatch(op -> op instanceof ComputeOp.Dot || op instanceof ElementwiseOp);
  }

  private Map<Long, Operand> stageOffsets(int stage) {
    Map<Long, Operand> offsets = new TreeMap<>();
    stageBytes().forEach(bytes -> offsets.put(bytes, Immediate.b32((int) (stage * bytes))));
    return offsets;
  }

  /** The sizes of a stage, those of tensor copies first. */
  private List<Long> stageBytes() {
    return Stream.concat(
            tensorCopies.stream().map(TensorCopyEmitter::stageBytes),
            copies.stream().map(CopyEmitter::stageBytes))
        .toList();
  }

  /** The barrier of a buffer. */
  private Operand.Address barrier(Map<Long, Operand> offsets) {
    long bytes = tensorCopies.getFirst().stageBytes(); // a power of two
    int shift = Long.numberOfTrailingZeros(bytes / FullBarriers.BYTES);
    return full.at(
        ptx.emit("shr.u32", RegisterClass.B32, offsets.get(bytes), Immediate.b32(shift)));
  }

  private void issueTensors(Operand exists, Map<Long, Operand> offsets) {
    Guard guard = full.first(exists);
    Operand.Address barrier = barrier(offsets);
    full.expect(guard, barrier, tensorCopies.stream().mapToLong(TensorCopyEmitter::bytes).sum());
    tensorCopies.forEach(copy -> copy.issue(guard, offsets.get(copy.stageBytes()), barrier));
  }

  /** Waits until tensor copies have filled the buffer that this iteration reads. */
  private void awaitTensors() {
    Operand offset = reads.get(tensorCopies.getFirst().stageBytes());
    Operand isStart = ptx.emit("setp.eq.s32", RegisterClass.PRED, offset, Immediate.b32(0));
    Operand turned = ptx.emit("xor.b32", RegisterClass.B32, parity, Immediate.b32(1));
    parity = ptx.emit("selp.b32", RegisterClass.B32, turned, parity, isStart);
    full.await(barrier(reads), parity);
  }

  /**
   * Starts the copies of an iteration.
   *
   * @param values what addresses need of the carried values
   * @param exists whether there is such an iteration
   * @param offsets of the buffer, for each size of a stage
   * @return what addresses of the next iteration need
   */
  private List<Operand> issue(
      Operand induction,
      List<Operand> values,
      Operand exists,
      Map<Long, Operand> offsets,
      Place place) {
    List<Operand> following =
        emission.scoped(
            () -> {
              emission.define(loop.induction(), induction);
              ahead.define(values);
              List<Op> ops = new ArrayList<>(plan.slice().ops());
              ops.add(loop.body().terminator());
              emission.operations(new Block(List.of(), ops));
              if (full != null) {
                issueTensors(exists, offsets);
              }
              copies.forEach(copy -> copy.issue(exists, offsets.get(copy.stageBytes()), place));
              return ahead.operands(carried(loop.body().terminator().operands()));
            });
    if (!copies.isEmpty()) {
      ptx.effect("cp.async.commit_group");
    }
    return following;
  }

  @Override
  public Block iteration(List<Operand> carried, Operand induction, boolean isSteady) {
    ptx.at(loop.loc());
    Map<Long, Operand> writes = new TreeMap<>();
    rings.forEach((bytes, place) -> writes.put(bytes, carried.get(place)));
    int own = carried.size() - rings.size();
    if (full != null) {
      own--;
      parity = carried.getLast();
      writes.forEach((bytes, offset) -> reads.put(bytes, after(offset, bytes)));
      awaitTensors();
    }
    waitFor(distance() - 1);
    if (copies.stream().anyMatch(CopyEmitter::isReadByProxy)) {
      ptx.effect("fence.proxy.async.shared::cta");
    }
    emission.order().barrier();
    aheadInduction = carried.getFirst();
    following =
        issue(
            aheadInduction,
            carried.subList(1, own),
            isSteady ? Immediate.pred(true) : bounds.isFollowed(induction, distance()),
            writes,
            isSteady ? Place.STEADY : Place.ELSEWHERE);
    // Behind the copies, so that one register can hold both offsets.
    writes.forEach((bytes, offset) -> reads.put(bytes, after(offset, bytes)));
    tensorCopies.forEach(copy -> copy.define(reads.get(copy.stageBytes())));
    copies.forEach(copy -> copy.define(reads.get(copy.stageBytes())));
    List<Op> rest = new ArrayList<>(loop.body().ops());
    plan.loads().forEach(load -> rest.removeIf(op -> op == load));
    return new Block(loop.body().params(), rest);
  }

  /** The offset of the buffer after one, around the ring. */
  private Operand after(Operand offset, long bytes) {
    Operand step = Immediate.b32((int) bytes);
    if (plan.stages() == 2) {
      return ptx.emit("sub.s32", RegisterClass.B32, step, offset);
    }
    Operand after = ptx.emit("add.s32", RegisterClass.B32, offset, step);
    int end = (int) (plan.stages() * bytes);
    if (Integer.bitCount(end) == 1) {
      return ptx.emit("and.b32", RegisterClass.B32, after, Immediate.b32(end - 1));
    }
    Operand isEnd = ptx.emit("setp.eq.s32", RegisterClass.PRED, after, Immediate.b32(end));
    return ptx.emit("selp.b32", RegisterClass.B32, Immediate.b32(0), after, isEnd);
  }

  @Override
  public List<Operand> next() {
    List<Operand> next = new ArrayList<>();
    next.add(bounds.later(aheadInduction, 1));
    next.addAll(left());
    return next;
  }

  @Override
  public List<Operand> left() {
    List<Operand> left = new ArrayList<>(following);
    rings.entrySet().stream()
        .sorted(Map.Entry.comparingByValue())
        .forEach(ring -> left.add(reads.get(ring.getKey())));
    if (full != null) {
      left.add(parity);
    }
    return left;
  }

  @Override
  public void end() {
    waitFor(0);
    if (full != null) {
      full.end();
    }
  }

  /** Waits until at most so many of the latest groups of copies are on their way. */
  private void waitFor(int groups) {
    if (!copies.isEmpty()) {
      ptx.effect("cp.async.wait_group", Immediate.b32(groups));
    }
  }
}
