package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.analysis.AxisInfo;
import dev.kiln.compiler.analysis.PointerOrigins;
import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.plan.PipelinedLoop.Copy;
import dev.kiln.compiler.gpu.plan.PipelinedLoop.TensorCopy;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.MemoryOp.Load;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.BlockedLayout;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which loads of which loops run ahead: those of innermost loops with products, from which operands
 * are made element by element, and small ones beside them, such as scales; whose addresses are
 * known without other loads of the loop, that {@code cp.async} can copy (4, 8 or 16 bytes at a
 * time, zeros where the mask is false), and that nothing in the loop may write to.
 *
 * <p>As everywhere in this back end, pointers from different parameters are taken to be apart.
 */
public final class PipelinePlan {
  private static final int WIDEST = 16;
  private static final int NARROWEST = 4;
  private static final int LINE = 128;

  /** Bytes of a load beside those that products need. */
  private static final int SMALL = 4 << 10;

  /** Bytes of shared memory that stay for other things than loads that are not read as they are. */
  private static final int LEFT_OVER = 16 << 10;

  private final Uses uses;
  private final AxisAnalysis axes;
  private final PointerOrigins origins;
  private final KernelPlan plan;
  private final TensorSources tensors;
  private final int stages;
  private final long sharedBytes;

  /**
   * @param plan for all but loops; of {@link #foreseen} asked only what is recomputed
   * @param stages where a loop says nothing
   * @param sharedBytes what a block may have
   */
  public PipelinePlan(
      TileFunction function,
      Uses uses,
      AxisAnalysis axes,
      TensorSources tensors,
      KernelPlan plan,
      int stages,
      long sharedBytes) {
    this.uses = uses;
    this.axes = axes;
    this.origins = PointerOrigins.of(function);
    this.tensors = tensors;
    this.plan = plan;
    this.stages = stages;
    this.sharedBytes = sharedBytes;
  }

  /** How a loop is pipelined, if it is. */
  public Optional<PipelinedLoop> of(ControlOp.For loop) {
    int wanted = stages(loop);
    if (wanted < 2 || hasLoop(loop.body())) {
      return Optional.empty();
    }
    var copies = new ArrayList<Copy>();
    var tensorCopies = new ArrayList<TensorCopy>();
    var addresses = new ArrayList<Value>();
    for (Load load : loads(loop).filter(load -> isTensorCopy(loop, load)).toList()) {
      tensorCopies.add(tensorCopy(loop, load).orElseThrow());
      addresses.addAll(offsets(load));
    }
    for (Load load : directLoads(loop)) {
      if (AddressSlice.of(loop, addresses(load)).isPresent()) {
        copy(load).ifPresent(copies::add);
      }
    }
    copies.addAll(chained(loop));
    copies.forEach(copy -> addresses.addAll(addresses(copy.load())));
    return copies.isEmpty() && tensorCopies.isEmpty()
        ? Optional.empty()
        : AddressSlice.of(loop, addresses)
            .map(
                slice ->
                    new PipelinedLoop(
                        wanted, List.copyOf(copies), List.copyOf(tensorCopies), slice));
  }

  private int stages(ControlOp.For loop) {
    return loop.hints().numStages().orElse(stages);
  }

  /** The loads that products read as they are, and nothing else; but for tensor copies. */
  private List<Load> directLoads(ControlOp.For loop) {
    return loads(loop)
        .filter(load -> isOnlyForProducts(load.result(), false))
        .filter(load -> !isTensorCopy(loop, load))
        .toList();
  }

  private boolean isTensorCopy(ControlOp.For loop, Load load) {
    return isOnlyForProducts(load.result(), true) && tensorCopy(loop, load).isPresent();
  }

  private Stream<Load> loads(ControlOp.For loop) {
    return loop.body().ops().stream()
        .filter(Load.class::isInstance)
        .map(Load.class::cast)
        .filter(load -> load.result().type().isTile())
        .filter(load -> !mayWrite(loop.body(), load));
  }

  /**
   * The loads of a loop from which something is made: operands of products first, as many as there
   * is memory for.
   */
  private List<Copy> chained(ControlOp.For loop) {
    int wanted = stages(loop);
    boolean hasProduct = loop.body().ops().stream().anyMatch(ComputeOp.Dot.class::isInstance);
    if (wanted < 2 || !hasProduct || hasLoop(loop.body())) {
      return List.of();
    }
    long left = sharedBytes - LEFT_OVER;
    left -=
        loads(loop)
            .filter(load -> isOnlyForProducts(load.result(), true))
            .mapToLong(load -> wanted * bytes(load))
            .sum();
    List<Load> candidates =
        loads(loop)
            .filter(load -> !isOnlyForProducts(load.result(), false))
            .filter(load -> !isTensorCopy(loop, load))
            .filter(load -> isMadeIntoOperand(load.result()) || bytes(load) <= SMALL)
            .filter(load -> addresses(load).stream().allMatch(plan::isRecomputed))
            .filter(load -> AddressSlice.of(loop, addresses(load)).isPresent())
            .sorted(Comparator.comparing(load -> !isMadeIntoOperand(load.result())))
            .toList();
    var copies = new ArrayList<Copy>();
    for (Load load : candidates) {
      // What is made of it may be stored a second time, in a type of twice the width.
      long needed = (wanted + 2) * Math.max(bytes(load), LINE);
      Optional<Copy> copy = needed <= left ? copy(load) : Optional.empty();
      if (copy.isPresent()) {
        copies.add(copy.get());
        left -= needed;
      }
    }
    return copies;
  }

  /** The loads that run ahead, as far as that is known without layouts. */
  List<Copy> foreseen(ControlOp.For loop) {
    if (stages(loop) < 2 || hasLoop(loop.body())) {
      return List.of();
    }
    Stream<Copy> direct =
        directLoads(loop).stream()
            .filter(load -> addresses(load).stream().allMatch(plan::isRecomputed))
            .filter(load -> AddressSlice.of(loop, addresses(load)).isPresent())
            .flatMap(load -> copy(load).stream());
    return Stream.concat(direct, chained(loop).stream()).toList();
  }

  private static long bytes(Load load) {
    return (long) load.result().shape().size() * load.result().dtype().bytes();
  }

  /** Whether a product reads the tile, or what is made of it element by element. */
  private boolean isMadeIntoOperand(Value value) {
    return uses.users(value).stream()
        .anyMatch(
            user ->
                switch (user) {
                  case ComputeOp.Dot dot -> dot.acc() != value;
                  case ElementwiseOp elementwise -> isMadeIntoOperand(elementwise.result());
                  case ShapeOp.Gather gather -> false;
                  case ShapeOp shape -> shape.results().stream().anyMatch(this::isMadeIntoOperand);
                  default -> false;
                });
  }

  private Optional<TensorCopy> tensorCopy(ControlOp.For loop, Load load) {
    return tensors
        .of(load)
        .filter(source -> AddressSlice.of(loop, offsets(load)).isPresent())
        .map(source -> new TensorCopy(load, source));
  }

  private static List<Value> offsets(Load load) {
    return load.block().orElseThrow().offsets();
  }

  private static List<Value> addresses(Load load) {
    return Op.operandList(List.of(load.pointer()), load.mask());
  }

  private static boolean hasLoop(Block block) {
    return block.ops().stream()
        .anyMatch(
            op ->
                op instanceof ControlOp.For
                    || op instanceof ControlOp.While
                    || op instanceof ControlOp.If branch
                        && branch.blocks().stream().anyMatch(PipelinePlan::hasLoop));
  }

  /**
   * Whether products read a tile, maybe turned, and nothing else does.
   *
   * @param isReshaped whether the tile may also have another shape there
   */
  boolean isOnlyForProducts(Value value, boolean isReshaped) {
    List<Op> users = uses.users(value);
    return !users.isEmpty()
        && users.stream()
            .allMatch(
                user ->
                    user instanceof ComputeOp.Dot dot && dot.acc() != value
                        || user instanceof ShapeOp.Permute permute
                            && isOnlyForProducts(permute.result(), isReshaped)
                        || user instanceof ShapeOp.Reshape reshape
                            && isReshaped
                            && reshape.result().type().isTile()
                            && isOnlyForProducts(reshape.result(), true));
  }

  // ---------------------------------------------------------------- what the loop writes

  /** Whether an iteration may write what the load reads in a later one. */
  private boolean mayWrite(Block block, Load load) {
    return block.ops().stream()
        .anyMatch(
            op ->
                switch (op) {
                  case MemoryOp.Store store -> mayMeet(store.pointer(), load.pointer());
                  case MemoryOp.AtomicRmw atomic ->
                      acquires(atomic, atomic.semantics())
                          || mayMeet(atomic.pointer(), load.pointer());
                  case MemoryOp.AtomicCas atomic ->
                      acquires(atomic, atomic.semantics())
                          || mayMeet(atomic.pointer(), load.pointer());
                  case MemoryOp.Barrier barrier -> true;
                  default -> op.blocks().stream().anyMatch(inner -> mayWrite(inner, load));
                });
  }

  /** Whether what follows may see what another program wrote before it let this one go on. */
  private boolean acquires(Op atomic, String semantics) {
    return semantics.startsWith("acq") && uses.count(atomic.result()) > 0;
  }

  private boolean mayMeet(Value a, Value b) {
    List<Integer> first = origins.params(a);
    List<Integer> second = origins.params(b);
    return first.isEmpty() || second.isEmpty() || first.stream().anyMatch(second::contains);
  }

  // ---------------------------------------------------------------- copies

  /** How the load is copied; empty if {@code cp.async} cannot. */
  private Optional<Copy> copy(Load load) {
    if (!load.result().type().isTile()
        || load.result().shape().rank() > 3
        || load.result().type().isPointer()
        || load.hints().isVolatile()
        || load.hints().cacheModifier().equals(".cv")
        || !load.other().map(tensors::isZero).orElse(true)) {
      return Optional.empty();
    }
    int axis = fastAxis(load);
    int bytes = load.result().dtype().bytes();
    long width = Math.min(WIDEST / bytes, contiguous(axes.info(load.pointer()), axis, bytes));
    if (load.mask().isPresent()) {
      width = Math.min(width, axes.info(load.mask().get()).constancy(axis));
    }
    LinearLayout layout = layout(load, axis, (int) width);
    width = Math.min(width, layout.contiguous(axis));
    return width * bytes < NARROWEST
        ? Optional.empty()
        : Optional.of(new Copy(load, layout, axis, (int) width));
  }

  /** Coalesced; where addresses are not computed anew, the layout that they have. */
  private LinearLayout layout(Load load, int axis, int width) {
    if (!addresses(load).stream().allMatch(plan::isRecomputed)) {
      return plan.layout(load.pointer());
    }
    Shape shape = load.result().shape();
    int[] order = new int[shape.rank()];
    order[0] = axis;
    int next = 1;
    for (int other = shape.rank() - 1; other >= 0; other--) {
      if (other != axis) {
        order[next++] = other;
      }
    }
    return BlockedLayout.coalesced(shape, order, width, plan.warps());
  }

  private int fastAxis(Load load) {
    AxisInfo info = axes.info(load.pointer());
    int last = load.result().shape().rank() - 1;
    return last > 0 && info.contiguity(last - 1) > info.contiguity(last) ? last - 1 : last;
  }

  /** How many neighbours lie beside each other from an address on that is divisible by them. */
  private static long contiguous(AxisInfo pointer, int axis, int bytes) {
    return Math.min(pointer.contiguity(axis), Math.max(1, pointer.divisibility(axis) / bytes));
  }
}
