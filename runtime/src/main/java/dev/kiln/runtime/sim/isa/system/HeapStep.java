package dev.kiln.runtime.sim.isa.system;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.PlaceText;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.DeviceHeap;

/** {@code malloc} and {@code free}. */
abstract sealed class HeapStep extends Step {
  final CallMemory memory;

  private HeapStep(CallMemory memory) {
    this.memory = memory;
  }

  @Override
  public final void run(Warp warp) {
    for (int rest = warp.active; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      run(warp, lane, warp.block.grid.memory.heap());
    }
    warp.changes++;
  }

  /** Addresses, and who gets the last of the memory, depend on the order. */
  @Override
  public final boolean ordersBlocks() {
    return true;
  }

  abstract void run(Warp warp, int lane, DeviceHeap heap);

  /** {@code void* malloc(size_t)}. */
  static final class Allocate extends HeapStep {
    Allocate(CallMemory memory) {
      super(memory);
    }

    @Override
    void run(Warp warp, int lane, DeviceHeap heap) {
      long bytes = memory.wideArgument(warp, this, lane, 0);
      memory.returnWide(
          warp,
          this,
          lane,
          heap.allocate(bytes, new DeviceHeap.Origin(site(), PlaceText.thread(warp, lane))));
    }
  }

  /** {@code void free(void*)}. */
  static final class Free extends HeapStep {
    Free(CallMemory memory) {
      super(memory);
    }

    @Override
    void run(Warp warp, int lane, DeviceHeap heap) {
      long address = memory.wideArgument(warp, this, lane, 0);
      String who = PlaceText.threadOfBlock(warp, lane);
      String problem = heap.free(address, who);
      if (problem != null) {
        throw new LaneFault(LaneFault.Kind.ILLEGAL_ADDRESS, lane, problem);
      }
    }
  }
}
