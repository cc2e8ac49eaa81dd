package dev.kiln.runtime.sim.monitor.memory;

import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.DeviceHeap;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Finds what kernels allocated by {@code malloc} and nobody can free any more: between launches a
 * block may live, but then its address must stand somewhere in global memory.
 */
public final class HeapLeaks {
  private final AddressSpace space;
  private final Set<Region> known = new HashSet<>();

  public HeapLeaks(AddressSpace space) {
    this.space = space;
  }

  /** Reports blocks that have been lost since the last call; between launches. */
  public synchronized void report(Findings findings) {
    List<Region> blocks = space.heap().leaks();
    if (blocks.isEmpty()) {
      return;
    }
    Set<Region> lost = new HashSet<>(blocks);
    lost.removeAll(reachable(blocks));
    for (Region block : blocks) {
      if (lost.contains(block) && known.add(block)) {
        DeviceHeap.Origin origin = space.heap().origin(block);
        String what =
            "allocates %,d bytes (%s at 0x%x) that are never freed, and whose address is lost"
                .formatted(block.size(), block.name(), block.start());
        Finding.Place where = new Finding.Place(origin.site(), origin.thread());
        findings.report(Finding.of(Sanitizer.MEMORY, what, where));
      }
    }
  }

  /** Blocks that some address outside of the heap leads to, directly or by way of other blocks. */
  private Set<Region> reachable(List<Region> blocks) {
    NavigableMap<Long, Region> byStart = new TreeMap<>();
    blocks.forEach(block -> byStart.put(block.start(), block));
    Set<Region> found = new HashSet<>();
    Deque<Region> left =
        space.global().living().stream()
            .filter(region -> !byStart.containsKey(region.start()))
            .collect(Collectors.toCollection(ArrayDeque::new));
    while (!left.isEmpty()) {
      for (Region block : addressed(left.remove(), byStart)) {
        if (found.add(block)) {
          left.add(block);
        }
      }
    }
    return found;
  }

  private static Collection<Region> addressed(Region region, NavigableMap<Long, Region> blocks) {
    Set<Region> found = new HashSet<>();
    MemorySegment bytes = region.bytes();
    long first = Math.floorMod(-region.start(), Long.BYTES);
    for (long at = first; at <= region.size() - Long.BYTES; at += Long.BYTES) {
      long word = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
      if (word >= AddressSpace.HEAP_BASE) {
        var below = blocks.floorEntry(word);
        if (below != null && below.getValue().holds(word, 0)) {
          found.add(below.getValue());
        }
      }
    }
    return found;
  }
}
