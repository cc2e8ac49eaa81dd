package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.async.Place.InShared;
import dev.kiln.runtime.sim.memory.ByteRange;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code cp.async.bulk} and {@code cp.reduce.async.bulk} of plain bytes, and the groups of bulk
 * operations. PTX ISA, "Data Movement and Conversion Instructions: Bulk copy".
 */
final class BulkInstructions {
  private static final String[] REDUCTIONS = {
    "add", "min", "max", "inc", "dec", "and", "or", "xor"
  };

  private BulkInstructions() {}

  static Step decode(DecodeContext context, boolean reduces) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.take("commit_group")) {
      context.expectOperands(0, 0);
      return new Commit();
    }
    if (modifiers.take("wait_group")) {
      context.expectOperands(1, 1);
      return new WaitGroup(CopyInstructions.waitCount(context), modifiers.take("read"));
    }
    if (modifiers.take("tensor")) {
      return TensorInstructions.decode(context, reduces);
    }
    if (modifiers.take("prefetch")) {
      return prefetch(context);
    }
    if (modifiers.take("cp_mask")) {
      throw context.unsupported("byte masks of cp.async.bulk are not simulated");
    }
    return copy(context, reduces);
  }

  /** The operation of a reduction. */
  static String takeOperation(DecodeContext context) {
    return context
        .modifiers()
        .takeAny(REDUCTIONS)
        .orElseThrow(() -> context.malformed("the operation of the reduction is missing"));
  }

  private static Step copy(DecodeContext context, boolean reduces) {
    Modifiers modifiers = context.modifiers();
    boolean grouped = modifiers.take("bulk_group");
    if (!grouped && !modifiers.take("mbarrier::complete_tx::bytes")) {
      throw context.malformed("says neither .bulk_group nor .mbarrier::complete_tx::bytes");
    }
    boolean global = modifiers.take("global");
    boolean cluster = modifiers.take("shared::cluster");
    boolean own = modifiers.take("shared::cta");
    boolean legal = grouped ? global && own && !cluster : global ? cluster ^ own : cluster && own;
    List<String> written = context.instruction().modifiers();
    if (!grouped && own && global) {
      legal = written.indexOf("shared::cta") < written.indexOf("global");
    }
    if (!legal || reduces && !grouped && global) {
      throw context.malformed("no bulk operation has these spaces and this completion");
    }
    boolean multicast = modifiers.take("multicast::cluster");
    boolean hint = modifiers.take("L2::cache_hint");
    if (multicast && (grouped || !global || !cluster)) {
      throw context.malformed(".multicast::cluster is for copies to .shared::cluster only");
    }
    Reduction reduction = reduces ? reduction(context, !grouped) : null;
    int operands = (grouped ? 3 : 4) + (multicast ? 1 : 0) + (hint ? 1 : 0);
    context.expectOperands(operands, operands);
    if (hint) {
      context.wide(context.operand(operands - 1), PtxType.B64);
    }
    Space shared = cluster ? Space.SHARED_CLUSTER : Space.SHARED;
    Place to = Place.of(context, context.operand(0), grouped ? Space.GLOBAL : shared);
    Place from =
        Place.of(context, context.operand(1), grouped || !global ? Space.SHARED : Space.GLOBAL);
    return new Copy(
        to,
        from,
        context.word(context.operand(2), PtxType.U32),
        grouped ? null : Place.of(context, context.operand(3), shared),
        multicast ? context.word(context.operand(4), PtxType.U16) : -1,
        reduction);
  }

  private static Reduction reduction(DecodeContext context, boolean shared) {
    Modifiers modifiers = context.modifiers();
    String operation = takeOperation(context);
    boolean keepsSubnormals = modifiers.take("noftz");
    PtxType type = modifiers.takeType().orElseThrow(() -> context.malformed("the type is missing"));
    boolean half = type == PtxType.F16 || type == PtxType.BF16;
    boolean bits = operation.equals("and") || operation.equals("or") || operation.equals("xor");
    boolean wide = type.bits() == 64;
    boolean legal =
        bits == type.isUntyped()
            && keepsSubnormals == (half && operation.equals("add"))
            && !(operation.equals("add") && type == PtxType.S64)
            && !(shared && (type.isFloat() || wide && !operation.equals("add")));
    return Reduction.of(operation, type)
        .filter(known -> legal)
        .orElseThrow(
            () -> context.malformed("no reduction ." + operation + " of type " + type + " here"));
  }

  private static Step prefetch(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.take("tensor")) {
      return TensorInstructions.decodePrefetch(context);
    }
    modifiers.take("L2");
    modifiers.take("global");
    int operands = modifiers.take("L2::cache_hint") ? 3 : 2;
    context.expectOperands(operands, operands);
    Place place = Place.of(context, context.operand(0), Space.GLOBAL);
    return new Prefetch(place, context.word(context.operand(1), PtxType.U32));
  }

  /** Sizes are multiples of 16. */
  private static long size(Warp warp, int slot, int lane) {
    long size = Integer.toUnsignedLong(warp.words[slot + lane]);
    if (size % BulkCopy.GRANULE != 0) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          lane,
          "a bulk operation on %d bytes, which is not a multiple of 16".formatted(size));
    }
    return size;
  }

  /** The same place in each block of a multicast; the place itself without one. */
  static List<InShared> everywhere(Warp warp, int lane, InShared place, int mask) {
    if (mask < 0) {
      return List.of(place);
    }
    List<InShared> places = new ArrayList<>();
    for (int left = warp.words[mask + lane] & 0xffff; left != 0; left &= left - 1) {
      int rank = Integer.numberOfTrailingZeros(left);
      places.add(place.in(ByteRange.blockOf(warp.block, rank, lane)));
    }
    if (places.isEmpty()) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_INSTRUCTION, lane, "a multicast whose mask names no block");
    }
    return places;
  }

  private static final class Copy extends Step {
    private final Place to;
    private final Place from;
    private final int size;
    private final Place barrier;
    private final int mask;
    private final Reduction reduction;

    Copy(Place to, Place from, int size, Place barrier, int mask, Reduction reduction) {
      this.to = to;
      this.from = from;
      this.size = size;
      this.barrier = barrier;
      this.mask = mask;
      this.reduction = reduction;
    }

    @Override
    public boolean ordersBlocks() {
      return reduction != null && reduction.dependsOnOrder() && to.space() == Space.GLOBAL;
    }

    @Override
    public void run(Warp warp) {
      for (int left = warp.active; left != 0; left &= left - 1) {
        issue(warp, Integer.numberOfTrailingZeros(left));
      }
    }

    private void issue(Warp warp, int lane) {
      Toucher toucher = BulkOperation.toucher(warp, this, lane);
      List<InShared> barriers =
          barrier == null ? List.of() : everywhere(warp, lane, barrier.shared(warp, lane), mask);
      BulkCopy.End source =
          from.space() == Space.GLOBAL
              ? new BulkCopy.Global(from.at(warp, lane))
              : new BulkCopy.Shared(List.of(from.shared(warp, lane)));
      BulkCopy.End target =
          to.space() == Space.GLOBAL
              ? new BulkCopy.Global(to.at(warp, lane))
              : new BulkCopy.Shared(everywhere(warp, lane, to.shared(warp, lane), mask));
      BulkCopy copy =
          new BulkCopy(toucher, barriers, target, source, size(warp, size, lane), reduction);
      copy.require();
      copy.issue();
    }
  }

  private static final class Prefetch extends Step {
    private final Place place;
    private final int size;

    Prefetch(Place place, int size) {
      this.place = place;
      this.size = size;
    }

    @Override
    public void run(Warp warp) {
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        long bytes = size(warp, size, lane);
        if (place.at(warp, lane) % BulkCopy.GRANULE != 0) {
          throw new LaneFault(
              LaneFault.Kind.MISALIGNED_ADDRESS,
              lane,
              "prefetches %d bytes at 0x%x, which is not a multiple of 16"
                  .formatted(bytes, place.at(warp, lane)));
        }
      }
    }
  }

  private static final class Commit extends Step {
    @Override
    public void run(Warp warp) {
      BulkGroups.of(warp).commit(this, warp.active);
    }
  }

  private static final class WaitGroup extends Step {
    private final int left;
    private final boolean read;

    WaitGroup(int left, boolean read) {
      this.left = left;
      this.read = read;
    }

    @Override
    public void run(Warp warp) {
      BulkGroups.of(warp).await(this, warp.active, left, read);
    }
  }
}
