package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.MonitorChain;
import dev.kiln.runtime.sim.program.Program;
import java.util.ArrayList;
import java.util.List;

/** The sanitizer {@code sync}: only those of its checks that a program can break are made. */
public final class SyncSanitizer {
  private SyncSanitizer() {}

  /**
   * A listener for one host thread.
   *
   * @return {@code null} if the program has nothing to check
   */
  public static Monitor of(Program program, Findings findings) {
    Instructions instructions = new Instructions(program);
    Reporter reporter = new Reporter(findings);
    List<Monitor> checks = new ArrayList<>();
    if (instructions.any(Instructions::isMasked)) {
      checks.add(new MaskCheck(instructions, reporter));
    }
    if (instructions.any(Instructions::isBarrier)) {
      checks.add(new BarrierCheck(reporter));
    }
    if (instructions.any(Instructions::isGrouped)) {
      checks.add(new GroupCheck(instructions, reporter));
    }
    if (instructions.any(Instructions::isMbarrier)) {
      checks.add(new MbarrierCheck(instructions, reporter));
    }
    if (instructions.any(Instructions::isWgmma)) {
      checks.add(new WgmmaCheck(program, reporter));
    }
    if (instructions.any(Instructions::isOfWarpgroup)) {
      checks.add(new WarpgroupCheck(reporter));
    }
    return MonitorChain.of(checks);
  }
}
