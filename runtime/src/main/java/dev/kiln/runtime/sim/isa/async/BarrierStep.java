package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.ByteRange;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.ptx.Space;

/** A step that does something with an mbarrier for one lane after the other, in ascending order. */
abstract class BarrierStep extends Step {
  private final MemoryOperand barrier;

  BarrierStep(MemoryOperand barrier) {
    this.barrier = barrier;
  }

  @Override
  public final void run(Warp warp) {
    MemoryPort port = warp.port;
    port.resolve(this, barrier);
    for (int left = warp.active; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      run(warp, lane, owner(warp, lane), port.offsets[lane]);
    }
  }

  private static Block owner(Warp warp, int lane) {
    Space space = warp.port.space(lane);
    if (space == Space.SHARED) {
      return warp.block;
    }
    long address = warp.port.address(lane);
    if (space != Space.SHARED_CLUSTER) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_ADDRESS,
          lane,
          "an mbarrier at 0x%x, which is not in shared memory".formatted(address));
    }
    // The common case of MemoryPort calls the own block's memory SHARED_CLUSTER too.
    long rank = (address >>> AddressSpace.RANK_SHIFT) - 1;
    return rank < 0 ? warp.block : ByteRange.blockOf(warp.block, rank, lane);
  }

  /**
   * @param owner the block whose shared memory holds the barrier
   * @param offset where it lies there; checked
   */
  abstract void run(Warp warp, int lane, Block owner, long offset);
}
