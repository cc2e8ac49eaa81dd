package dev.kiln.runtime.sim.monitor.memory;

import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import java.util.List;

/** What the sanitizer {@code memory} says when a device closes. */
public final class HeapLeaks {
  private HeapLeaks() {}

  /** A sentence for each block that kernels allocated and never freed. */
  public static List<String> of(AddressSpace space) {
    return space.heap().leaks().stream().map(HeapLeaks::sentence).toList();
  }

  private static String sentence(Region region) {
    return "%s at 0x%x, %,d bytes, was never freed"
        .formatted(region.name(), region.start(), region.size());
  }
}
