package dev.kiln.runtime.sim.monitor.memory;

import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.ptx.Space;

/**
 * Reports reads of global, shared and local memory that nobody has written. The device's {@link
 * dev.kiln.runtime.sim.memory.AddressSpace} has to track writes.
 */
public final class InitSanitizer implements Monitor {
  private final Findings findings;

  public InitSanitizer(Findings findings) {
    this.findings = findings;
  }

  @Override
  public boolean hearsIssues() {
    return false;
  }

  @Override
  public boolean hearsAccesses() {
    return false;
  }

  @Override
  public void readsUnwritten(Access access, int lanes, Region region) {
    if (findings.isKnown(Sanitizer.INIT, access.step.site().pc(), -1)) {
      return;
    }
    int lane = Integer.numberOfTrailingZeros(lanes);
    String what =
        "%s %s at %s, which nobody has written%s"
            .formatted(
                reader(access.agent),
                access.bytes == 1 ? "1 byte" : "%,d bytes".formatted(access.bytes),
                place(access.space, access.addresses[lane], region),
                Integer.bitCount(lanes) == 1
                    ? ""
                    : " (in %d lanes of the warp)".formatted(Integer.bitCount(lanes)));
    Finding.Place where = Finding.Place.of(access.step, access.warp, lane);
    findings.report(Finding.of(Sanitizer.INIT, what, where));
  }

  private static String reader(Access.Agent agent) {
    return switch (agent) {
      case THREAD -> "reads";
      case COPY -> "an asynchronous copy (cp.async) reads";
      case BULK -> "a bulk copy reads";
      case WGMMA -> "wgmma reads";
    };
  }

  private static String place(Space space, long address, Region region) {
    if (space == Space.GLOBAL) {
      return "byte %,d of %s (0x%x)".formatted(address - region.start(), region.name(), address);
    }
    return "address 0x%x of %s".formatted(address, region.name());
  }
}
