package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.exec.WarpSyncStep;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.PtxType;

/** {@code mapa}, {@code getctarank} and {@code setmaxnreg}. */
final class ClusterInstructions {
  private static final long MAX_RANK = 254;

  private ClusterInstructions() {}

  static Step mapa(DecodeContext context) {
    boolean wide = takeWide(context);
    boolean generic = !context.modifiers().take("shared::cluster");
    context.expectOperands(3, 3);
    PtxType type = wide ? PtxType.U64 : PtxType.U32;
    return new MapAddress(
        wide,
        generic,
        wide
            ? context.wideTarget(context.operand(0), type)
            : context.wordTarget(context.operand(0), type),
        source(context, wide),
        context.word(context.operand(2), PtxType.U32));
  }

  static Step rank(DecodeContext context) {
    boolean wide = takeWide(context);
    boolean generic = !context.modifiers().take("shared::cluster");
    context.expectOperands(2, 2);
    return new RankOfAddress(
        wide, generic, context.wordTarget(context.operand(0), PtxType.U32), source(context, wide));
  }

  private static boolean takeWide(DecodeContext context) {
    PtxType type =
        context.modifiers().takeType().orElseThrow(() -> context.malformed("the type is missing"));
    if (type != PtxType.U32 && type != PtxType.U64) {
      throw context.malformed("addresses are .u32 or .u64, not " + type);
    }
    return type == PtxType.U64;
  }

  private static int source(DecodeContext context, boolean wide) {
    return wide
        ? context.wide(context.operand(1), PtxType.U64)
        : context.word(context.operand(1), PtxType.U32);
  }

  /** Checked, but without effect: the simulator has registers enough. */
  static Step registers(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (modifiers.takeAny("inc", "dec").isEmpty()) {
      throw context.malformed("says neither .inc nor .dec");
    }
    modifiers.take("sync");
    modifiers.take("aligned");
    modifiers.take("u32");
    context.expectOperands(1, 1);
    long count = context.constant(context.operand(0));
    if (count < 24 || count > 256 || count % 8 != 0) {
      throw context.malformed("the number of registers must be a multiple of 8 from 24 to 256");
    }
    return new SetRegisters();
  }

  private static long read(Warp warp, boolean wide, int slot, int lane) {
    return wide ? warp.wides[slot + lane] : warp.words[slot + lane] & 0xffff_ffffL;
  }

  /** The address within shared memory that a lane's operand means. */
  private static long shared(Warp warp, boolean wide, boolean generic, int slot, int lane) {
    long address = read(warp, wide, slot, lane);
    long inWindow = generic ? address - AddressSpace.SHARED_BASE : address;
    if (inWindow < 0 || inWindow >= AddressSpace.SHARED_WINDOW) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_ADDRESS,
          lane,
          "address 0x%x is not in shared memory".formatted(address));
    }
    return inWindow;
  }

  private static final class MapAddress extends Step {
    private final boolean wide;
    private final boolean generic;
    private final int result;
    private final int address;
    private final int rank;

    MapAddress(boolean wide, boolean generic, int result, int address, int rank) {
      this.wide = wide;
      this.generic = generic;
      this.result = result;
      this.address = address;
      this.rank = rank;
    }

    @Override
    public void run(Warp warp) {
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        long shared = shared(warp, wide, generic, address, lane);
        // A rank that does not exist becomes a fault when the address is used.
        long known = Math.min(MAX_RANK, Integer.toUnsignedLong(warp.words[rank + lane]));
        long mapped = known + 1 << AddressSpace.RANK_SHIFT | shared & AddressSpace.OFFSET_MASK;
        if (wide) {
          warp.wides[result + lane] = generic ? mapped + AddressSpace.SHARED_BASE : mapped;
        } else {
          warp.words[result + lane] = (int) mapped;
        }
      }
    }
  }

  private static final class RankOfAddress extends Step {
    private final boolean wide;
    private final boolean generic;
    private final int result;
    private final int address;

    RankOfAddress(boolean wide, boolean generic, int result, int address) {
      this.wide = wide;
      this.generic = generic;
      this.result = result;
      this.address = address;
    }

    @Override
    public void run(Warp warp) {
      for (int left = warp.active; left != 0; left &= left - 1) {
        int lane = Integer.numberOfTrailingZeros(left);
        int rank =
            (int) (shared(warp, wide, generic, address, lane) >>> AddressSpace.RANK_SHIFT) - 1;
        warp.words[result + lane] = rank < 0 ? warp.block.rank : rank;
      }
    }
  }

  private static final class SetRegisters extends WarpSyncStep {
    @Override
    public int members(Warp warp, int lane) {
      return ALL;
    }

    @Override
    public boolean fixedMembers() {
      return true;
    }

    @Override
    public void run(Warp warp) {
      if (warp.monitor != null) {
        warp.monitor.setsRegisters(warp, this);
      }
    }
  }
}
