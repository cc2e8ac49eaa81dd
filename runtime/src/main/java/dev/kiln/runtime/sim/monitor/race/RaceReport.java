package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.Optional;

/** Makes findings of races. */
final class RaceReport {
  private final Findings findings;

  RaceReport(Findings findings) {
    this.findings = findings;
  }

  /** Whether no race of the two instructions has been reported; counts it if one has. */
  boolean isNew(AccessEvent now, AccessEvent earlier) {
    int pc = now.step.site().pc();
    int other = earlier.step.site().pc();
    return !findings.isKnown(Sanitizer.RACE, Math.max(pc, other), Math.min(pc, other));
  }

  /**
   * Reports a race. The instruction that stands further down comes first, whichever happened first:
   * so a race is told in the same words under each schedule.
   *
   * @param access the later one, of {@code lane} of {@code now}
   * @param lanes those of the earlier one
   * @param ordered whether only a proxy fence is missing
   */
  void race(
      Access access, AccessEvent now, int lane, AccessEvent earlier, int lanes, boolean ordered) {
    int others = lanes & ~(earlier.warp == now.warp ? 1 << lane : 0);
    int otherLane = Integer.numberOfTrailingZeros(others == 0 ? lanes : others);
    boolean first = now.step.site().pc() >= earlier.step.site().pc();
    AccessEvent a = first ? now : earlier;
    AccessEvent b = first ? earlier : now;
    String what =
        "%s%s %s at %s, which %s %s, and %s"
            .formatted(
                a.operation == null ? "" : a.operation.title() + " ",
                verb(a),
                bytes(a.bytes),
                place(access, lane),
                b.operation == null ? "another thread" : b.operation.title(),
                verb(b),
                reason(a, b, ordered));
    Finding.Place here = new Finding.Place(now.step.site(), now.warp.thread(lane));
    Finding.Place there = new Finding.Place(earlier.step.site(), earlier.warp.thread(otherLane));
    findings.report(
        new Finding(Sanitizer.RACE, what, first ? here : there, Optional.of(first ? there : here)));
  }

  private static String verb(AccessEvent event) {
    return event.writes ? event.reads ? "changes" : "writes" : "reads";
  }

  private static String bytes(int count) {
    return count == 1 ? "1 byte" : "%,d bytes".formatted(count);
  }

  private static String place(Access access, int lane) {
    long address = access.addresses[lane];
    if (access.space != Space.GLOBAL) {
      return "shared address 0x%x".formatted(address);
    }
    Region region = access.warp.block.grid.memory.global().find(address);
    return region == null
        ? "0x%x".formatted(address)
        : "byte %,d of %s (0x%x)".formatted(address - region.start(), region.name(), address);
  }

  private static String reason(AccessEvent a, AccessEvent b, boolean ordered) {
    if (ordered) {
      return "no fence.proxy.async lies between them";
    }
    if (a.strong && b.strong) {
      return a.isAsyncProxy() != b.isAsyncProxy()
          ? "they go through different proxies"
          : "the scope of one does not hold the other's thread";
    }
    boolean threads = a.operation == null && b.operation == null;
    if (a.warp == b.warp) {
      return threads
          ? "no bar.warp.sync or barrier lies between them"
          : "no wait for it lies between them";
    }
    if (a.warp.block == b.warp.block) {
      return threads
          ? "no barrier lies between them"
          : "no wait for it with a barrier lies between them";
    }
    return "nothing orders them, neither a barrier nor a release that is acquired, in scope of"
        + " both";
  }
}
