package dev.kiln.runtime.sim.isa.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;

/** {@code cvta} and {@code isspacep}. */
final class AddressConversions {
  private AddressConversions() {}

  static Step cvta(DecodeContext context) {
    boolean to = context.modifiers().take("to");
    Space space = space(context);
    PtxType type = LoadsAndStores.type(context);
    context.expectOperands(2, 2);
    if (type.bits() != 64) {
      throw context.unsupported("generic addresses of 32 bits");
    }
    long start = MemoryPort.windowStart(space);
    int source = context.wide(context.operand(1), type);
    int target = context.wideTarget(context.operand(0), type);
    return new Shift(source, target, to ? -start : start);
  }

  static Step isspacep(DecodeContext context) {
    Space space = space(context);
    context.expectOperands(2, 2);
    int source = context.wide(context.operand(1), PtxType.U64);
    return new InSpace(source, context.predicateTarget(context.operand(0)), space);
  }

  private static Space space(DecodeContext context) {
    return MemoryModifiers.takeSpace(context.modifiers())
        .orElseThrow(
            () -> context.malformed(context.instruction().opcode() + " without a state space"));
  }

  /** Adds a constant; a window's addresses count from its start. */
  private static final class Shift extends Step {
    private final int source;
    private final int target;
    private final long distance;

    private Shift(int source, int target, long distance) {
      this.source = source;
      this.target = target;
      this.distance = distance;
    }

    @Override
    public void run(Warp warp) {
      long[] wides = warp.wides;
      if (warp.active == Warp.FULL) {
        for (int lane = 0; lane < Warp.LANES; lane++) {
          wides[target + lane] = wides[source + lane] + distance;
        }
        return;
      }
      for (int rest = warp.active; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        wides[target + lane] = wides[source + lane] + distance;
      }
    }
  }

  /** Tells whether generic addresses lie in a window. */
  private static final class InSpace extends Step {
    private final int source;
    private final int target;
    private final Space space;

    private InSpace(int source, int target, Space space) {
      this.source = source;
      this.target = target;
      this.space = space;
    }

    @Override
    public void run(Warp warp) {
      int result = 0;
      for (int rest = warp.active; rest != 0; rest &= rest - 1) {
        int lane = Integer.numberOfTrailingZeros(rest);
        result |= holds(warp, warp.wides[source + lane]) ? 1 << lane : 0;
      }
      warp.predicates[target] = warp.predicates[target] & ~warp.active | result;
    }

    private boolean holds(Warp warp, long address) {
      Space found = MemoryPort.spaceOf(address);
      if (space == Space.SHARED_CLUSTER) {
        return found == Space.SHARED;
      }
      if (found != space || space != Space.SHARED) {
        return found == space;
      }
      long rank = (address - AddressSpace.SHARED_BASE >>> AddressSpace.RANK_SHIFT) - 1;
      return rank < 0 || rank == warp.block.rank;
    }
  }
}
