package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.memory.Access.Scope;
import java.util.HashMap;
import java.util.Map;

/**
 * What strong writes have released at places of memory, for those who read it there. PTX ISA,
 * "Memory Consistency Model: Release and Acquire Patterns".
 */
final class SyncLocations {
  private final Map<Key, Location> locations = new HashMap<>();

  /**
   * A place.
   *
   * @param block whose shared memory it is; {@code null} for global memory
   */
  private record Key(BlockState block, long address) {}

  /** What was released at one place, by the last plain write and atomic operations after it. */
  private static final class Location {
    /** By anybody, for the whole GPU. */
    private View forAll = View.NOTHING;

    /** By block: for the block itself, and for its cluster. */
    private final Map<BlockState, View[]> near = new HashMap<>(4);

    private WarpState writer;
    private int lane;
  }

  boolean isEmpty() {
    return locations.isEmpty();
  }

  /** A weak write took the place of what was there. */
  void forget(BlockState block, long address) {
    locations.remove(new Key(block, address));
  }

  /**
   * A lane writes.
   *
   * @param adds whether by an atomic operation, which leaves what was released before
   * @param released by level of scope; {@code null} where nothing is
   */
  void write(
      BlockState block, long address, WarpState warp, int lane, boolean adds, View[] released) {
    Key key = new Key(block, address);
    Location location = locations.get(key);
    boolean chained = adds || location != null && location.writer == warp && location.lane == lane;
    if (location != null && !chained) {
      locations.remove(key);
      location = null;
    }
    if (released == null) {
      return;
    }
    if (location == null) {
      location = new Location();
      locations.put(key, location);
    }
    location.writer = warp;
    location.lane = lane;
    View[] near =
        location.near.computeIfAbsent(warp.block, one -> new View[] {View.NOTHING, View.NOTHING});
    near[0] = near[0].join(released[0]);
    near[1] = near[1].join(released[1]);
    location.forAll = location.forAll.join(released[2]);
  }

  /** What a thread of a block may acquire there, of what was released to a scope and no further. */
  View read(BlockState block, long address, BlockState reader, int level) {
    Location location = locations.get(new Key(block, address));
    if (location == null) {
      return View.NOTHING;
    }
    if (level == View.level(Scope.GPU)) {
      return location.forAll;
    }
    if (level == View.level(Scope.CTA)) {
      View[] own = location.near.get(reader);
      return own == null ? View.NOTHING : own[0];
    }
    View all = View.NOTHING;
    for (BlockState other : reader.cluster.blocks) {
      View[] its = location.near.get(other);
      all = its == null ? all : all.join(its[1]);
    }
    return all;
  }
}
