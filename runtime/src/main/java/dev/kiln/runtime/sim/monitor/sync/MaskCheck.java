package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.PlaceText;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.exec.WarpSyncStep;
import dev.kiln.runtime.sim.monitor.Monitor;
import java.util.BitSet;

/**
 * Member masks: each calling lane must be named in its own (PTX ISA, {@code shfl.sync} and kin). A
 * mask may name lanes that have exited, as the CUDA programming guide allows; nobody may read their
 * registers.
 */
final class MaskCheck implements Monitor {
  private final BitSet masked;
  private final Reporter reporter;

  MaskCheck(Instructions instructions, Reporter reporter) {
    this.masked = instructions.all(Instructions::mayExclude);
    this.reporter = reporter;
  }

  @Override
  public boolean hearsIssues() {
    return !masked.isEmpty();
  }

  @Override
  public boolean hearsAccesses() {
    return false;
  }

  @Override
  public void issues(Warp warp, Step step, int path, int active) {
    if (!masked.get(step.site().pc()) || !(step instanceof WarpSyncStep sync)) {
      return;
    }
    int outside = 0;
    for (int rest = active; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      outside |= (sync.members(warp, lane) >>> lane & 1) == 0 ? 1 << lane : 0;
    }
    if (outside != 0) {
      int lanes = outside;
      reporter.report(
          warp,
          step,
          lanes,
          () ->
              "executed by %s, which its member mask 0x%08x does not name"
                  .formatted(
                      PlaceText.lanesOf(lanes),
                      sync.members(warp, Integer.numberOfTrailingZeros(lanes))));
    }
  }

  @Override
  public void shufflesFromAbsent(Warp warp, Step step, int lanes) {
    reporter.report(
        warp,
        step,
        lanes,
        () ->
            "%s of the warp %s the register of a lane that takes no part, which is undefined"
                .formatted(
                    PlaceText.lanesOf(lanes), Integer.bitCount(lanes) == 1 ? "gets" : "get"));
  }
}
