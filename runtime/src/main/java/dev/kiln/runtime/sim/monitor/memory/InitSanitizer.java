package dev.kiln.runtime.sim.monitor.memory;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.Optional;

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
    Finding.Place where = new Finding.Place(access.step.site(), thread(access.warp, lane));
    findings.report(new Finding(Sanitizer.INIT, what, where, Optional.empty()));
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

  private static String thread(Warp warp, int lane) {
    Block block = warp.block;
    return "block (%d,%d,%d) warp %d lane %d"
        .formatted(block.x, block.y, block.z, warp.index, lane);
  }
}
