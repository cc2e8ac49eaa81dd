package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.util.Optional;
import java.util.function.Supplier;

/** Adds findings; makes the text of the first of each kind only. */
final class Reporter {
  private final Findings findings;

  Reporter(Findings findings) {
    this.findings = findings;
  }

  /**
   * @param lanes the first is named
   */
  void report(Warp warp, Step step, int lanes, Supplier<String> what) {
    report(warp, step, lanes, null, what);
  }

  /**
   * @param other what made the state that is misused; {@code null} for nothing
   */
  void report(Warp warp, Step step, int lanes, Finding.Place other, Supplier<String> what) {
    int otherPc = other == null ? -1 : other.site().pc();
    if (findings.isKnown(Sanitizer.SYNC, step.site().pc(), otherPc)) {
      return;
    }
    int lane = lanes == 0 ? -1 : Integer.numberOfTrailingZeros(lanes);
    Finding.Place where = Finding.Place.of(step, warp, lane);
    findings.report(new Finding(Sanitizer.SYNC, what.get(), where, Optional.ofNullable(other)));
  }
}
