package dev.kiln.runtime.sim.isa.system;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;

/** {@code __assertfail(message, file, line, function, charSize)}. */
final class AssertStep extends Step {
  private final CallMemory memory;

  AssertStep(CallMemory memory) {
    this.memory = memory;
  }

  @Override
  public void run(Warp warp) {
    int lane = Integer.numberOfTrailingZeros(warp.active);
    throw new LaneFault(
        LaneFault.Kind.ASSERT,
        lane,
        "assertion '%s' failed at %s:%d in %s"
            .formatted(
                text(warp, lane, 0),
                text(warp, lane, 1),
                memory.wordArgument(warp, this, lane, 2),
                text(warp, lane, 3)));
  }

  private String text(Warp warp, int lane, int number) {
    long address = memory.wideArgument(warp, this, lane, number);
    return address == 0 ? "?" : memory.string(warp, this, lane, address);
  }
}
