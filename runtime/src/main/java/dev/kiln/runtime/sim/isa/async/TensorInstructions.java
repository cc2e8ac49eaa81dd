package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.async.Place.InShared;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.AddressOperand;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Tensor copies in tiled mode. PTX ISA, "Data Movement and Conversion Instructions: Tensor copy".
 */
final class TensorInstructions {
  /** Of boxes in shared memory. */
  static final int ALIGNMENT = 128;

  private static final String[] RANKS = {"1d", "2d", "3d", "4d", "5d"};
  private static final String[] OTHER_MODES = {
    "im2col", "im2col_no_offs", "im2col::w", "im2col::w::128", "tile::gather4", "tile::scatter4"
  };

  private TensorInstructions() {}

  static Step decode(DecodeContext context, boolean reduces) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.take("prefetch")) {
      return decodePrefetch(context);
    }
    int rank = takeRank(context);
    boolean grouped = modifiers.take("bulk_group");
    if (!grouped && !modifiers.take("mbarrier::complete_tx::bytes")) {
      throw context.malformed("says neither .bulk_group nor .mbarrier::complete_tx::bytes");
    }
    boolean cluster = modifiers.take("shared::cluster");
    boolean own = modifiers.take("shared::cta");
    boolean legal = modifiers.take("global") && cluster != own && !(grouped && cluster);
    if (!legal || reduces && !grouped) {
      throw context.malformed("no tensor copy has these spaces and this completion");
    }
    boolean hint = modifiers.take("L2::cache_hint");
    return grouped
        ? store(context, rank, hint, reduces ? BulkInstructions.takeOperation(context) : null)
        : load(context, rank, hint, cluster ? Space.SHARED_CLUSTER : Space.SHARED);
  }

  private static int takeRank(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    Optional<String> mode = modifiers.takeAny(OTHER_MODES);
    if (mode.isPresent()) {
      throw context.unsupported("tensor copies in mode ." + mode.get() + " are not simulated");
    }
    modifiers.take("tile");
    for (int rank = 1; rank <= RANKS.length; rank++) {
      if (modifiers.take(RANKS[rank - 1])) {
        return rank;
      }
    }
    throw context.malformed("the dimension is missing");
  }

  private static Step load(DecodeContext context, int rank, boolean hint, Space space) {
    Modifiers modifiers = context.modifiers();
    boolean multicast = modifiers.take("multicast::cluster");
    if (modifiers.takeAny("cta_group::1", "cta_group::2").isPresent()) {
      throw context.unsupported("tensor copies with .cta_group are not simulated");
    }
    if (multicast && space == Space.SHARED) {
      throw context.malformed(".multicast::cluster is for copies to .shared::cluster only");
    }
    int operands = 3 + (multicast ? 1 : 0) + (hint ? 1 : 0);
    expect(context, operands, hint);
    return new Load(
        Place.of(context, context.operand(0), space),
        Box.of(context, context.operand(1), rank),
        Place.of(context, context.operand(2), space),
        multicast ? context.word(context.operand(3), PtxType.U16) : -1);
  }

  private static Step store(DecodeContext context, int rank, boolean hint, String operation) {
    expect(context, 2 + (hint ? 1 : 0), hint);
    return new Store(
        Box.of(context, context.operand(0), rank),
        Place.of(context, context.operand(1), Space.SHARED),
        operation);
  }

  private static void expect(DecodeContext context, int operands, boolean hint) {
    context.expectOperands(operands, operands);
    if (hint) {
      context.wide(context.operand(operands - 1), PtxType.B64);
    }
  }

  static Step decodePrefetch(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    int rank = takeRank(context);
    modifiers.take("L2");
    modifiers.take("global");
    boolean hint = modifiers.take("L2::cache_hint");
    expect(context, 1 + (hint ? 1 : 0), hint);
    return new Prefetch(Box.of(context, context.operand(0), rank));
  }

  /**
   * {@code [map, {c0, c1}]}.
   *
   * @param coordinates their slots
   */
  private record Box(Place map, int[] coordinates) {
    static Box of(DecodeContext context, Operand operand, int rank) {
      AddressOperand address = context.address(operand);
      List<Operand> elements = new ArrayList<>();
      address.rest().forEach(rest -> elements.addAll(context.elements(rest)));
      if (elements.size() != rank) {
        throw context.malformed(
            "has " + elements.size() + " coordinates in " + rank + " dimensions");
      }
      int[] slots = new int[rank];
      for (int i = 0; i < rank; i++) {
        slots[i] = context.word(elements.get(i), PtxType.S32);
      }
      return new Box(Place.of(address, Space.GENERIC), slots);
    }

    TensorBox read(Warp warp, int lane) {
      TensorMap tensor = TensorMaps.load(warp, map, lane);
      if (tensor.rank() != coordinates.length) {
        throw illegal(
            lane,
            "a copy in %d dimensions of a tensor with %d"
                .formatted(coordinates.length, tensor.rank()));
      }
      requireSimulated(tensor, lane);
      int[] at = new int[coordinates.length];
      for (int i = 0; i < at.length; i++) {
        at[i] = warp.words[coordinates[i] + lane];
      }
      return new TensorBox(tensor, at);
    }
  }

  /** Maps may be legal and yet mean what the manual does not tell. */
  private static void requireSimulated(TensorMap map, int lane) {
    if (map.interleave() != TensorMap.Interleave.NONE) {
      throw illegal(lane, "tensor maps with interleaved layouts are not simulated");
    }
    int inner = map.box(0) * map.type().bytes();
    if (map.swizzle() != TensorMap.Swizzle.NONE && inner != map.swizzle().span()) {
      throw illegal(
          lane,
          "a swizzle of %d bytes over rows of %d bytes is not simulated"
              .formatted(map.swizzle().span(), inner));
    }
    switch (map.type()) {
      case FLOAT32_FTZ, TFLOAT32, TFLOAT32_FTZ ->
          throw illegal(
              lane,
              "tensor maps of type %s, which converts, are not simulated".formatted(map.type()));
      default -> {}
    }
  }

  private static LaneFault illegal(int lane, String message) {
    return new LaneFault(LaneFault.Kind.ILLEGAL_INSTRUCTION, lane, message);
  }

  private static final class Load extends Step {
    private final Place to;
    private final Box box;
    private final Place barrier;
    private final int mask;

    Load(Place to, Box box, Place barrier, int mask) {
      this.to = to;
      this.box = box;
      this.barrier = barrier;
      this.mask = mask;
    }

    @Override
    public void run(Warp warp) {
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        TensorBox read = box.read(warp, lane);
        InShared place = to.shared(warp, lane);
        InShared signal = barrier.shared(warp, lane);
        TensorLoad load =
            new TensorLoad(
                BulkOperation.toucher(warp, this, lane),
                BulkInstructions.everywhere(warp, lane, signal, mask),
                read,
                BulkInstructions.everywhere(warp, lane, place, mask));
        load.require();
        load.issue();
      }
    }
  }

  private static final class Store extends Step {
    private final Box box;
    private final Place from;
    private final String operation;

    /**
     * @param operation of a reduction; {@code null} for a copy
     */
    Store(Box box, Place from, String operation) {
      this.box = box;
      this.from = from;
      this.operation = operation;
    }

    /** The map, which is not known yet, says whether floats are added. */
    @Override
    public boolean ordersBlocks() {
      return operation != null && operation.equals("add");
    }

    @Override
    public void run(Warp warp) {
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        TensorBox target = box.read(warp, lane);
        Toucher toucher = BulkOperation.toucher(warp, this, lane);
        TensorStore store =
            new TensorStore(toucher, target, from.shared(warp, lane), reduction(target, lane));
        store.require();
        store.issue();
      }
    }

    private Reduction reduction(TensorBox target, int lane) {
      if (operation == null) {
        return null;
      }
      TensorMap.DataType type = target.map().type();
      return Reduction.of(operation, element(type))
          .orElseThrow(
              () -> illegal(lane, "no reduction ." + operation + " of elements of type " + type));
    }

    private static PtxType element(TensorMap.DataType type) {
      return switch (type) {
        case UINT8 -> PtxType.U8;
        case UINT16 -> PtxType.U16;
        case UINT32 -> PtxType.U32;
        case INT32 -> PtxType.S32;
        case UINT64 -> PtxType.U64;
        case INT64 -> PtxType.S64;
        case FLOAT16 -> PtxType.F16;
        case BFLOAT16 -> PtxType.BF16;
        case FLOAT32, FLOAT32_FTZ, TFLOAT32, TFLOAT32_FTZ -> PtxType.F32;
        case FLOAT64 -> PtxType.F64;
      };
    }
  }

  /** Nothing is cached, but the map has to be a good one. */
  private static final class Prefetch extends Step {
    private final Box box;

    Prefetch(Box box) {
      this.box = box;
    }

    @Override
    public void run(Warp warp) {
      for (int left = warp.active; left != 0; left &= left - 1) {
        box.read(warp, Integer.numberOfTrailingZeros(left));
      }
    }
  }
}
