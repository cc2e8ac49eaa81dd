package dev.kiln.runtime.sim.isa.system;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;

/**
 * {@code int vprintf(format, arguments)}: writes to {@link
 * dev.kiln.runtime.sim.exec.GridRun#output}, lane by lane. The result is the number of arguments,
 * as CUDA defines it; -1 without a format.
 */
final class PrintStep extends Step {
  private final CallMemory memory;

  PrintStep(CallMemory memory) {
    this.memory = memory;
  }

  /** The output is in the order of the blocks. */
  @Override
  public boolean ordersBlocks() {
    return true;
  }

  @Override
  public void run(Warp warp) {
    for (int rest = warp.active; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      long format = memory.wideArgument(warp, this, lane, 0);
      if (format == 0) {
        memory.returnWord(warp, this, lane, -1);
        continue;
      }
      Values values = new Values(warp, lane, memory.wideArgument(warp, this, lane, 1));
      String text = PrintFormat.format(memory.string(warp, this, lane, format), values);
      warp.block.grid.output.accept(text);
      memory.returnWord(warp, this, lane, values.count);
    }
  }

  /** The buffer of arguments: each is aligned to its size, narrow integers are 4 bytes. */
  private final class Values implements PrintFormat.Arguments {
    private final Warp warp;
    private final int lane;
    private long next;
    private int count;

    private Values(Warp warp, int lane, long start) {
      this.warp = warp;
      this.lane = lane;
      this.next = start;
    }

    @Override
    public int word() {
      next = next + 3 & -4;
      int value = memory.word(warp, PrintStep.this, lane, next);
      next += 4;
      count++;
      return value;
    }

    @Override
    public long wide() {
      next = next + 7 & -8;
      long value = memory.wide(warp, PrintStep.this, lane, next);
      next += 8;
      count++;
      return value;
    }

    @Override
    public String string(long address) {
      return address == 0 ? "(null)" : memory.string(warp, PrintStep.this, lane, address);
    }
  }
}
