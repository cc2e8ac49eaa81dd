package dev.kiln.runtime.sim.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;

/**
 * The regions of one space by address, the latest freed ones included: addresses are never used
 * again, so that what was there can still be told. Thread-safe; finding takes no lock.
 */
public final class RegionTable {
  private static final Region[] NONE = {};

  /** So many freed regions are remembered. */
  private static final int MEMORY = 4096;

  /** A snapshot costs as much as a search of the tree for so many of the regions. */
  private static final int SEARCHES_PER_REGION = 8;

  private final Deque<Region> freed = new ArrayDeque<>();
  private final TreeMap<Long, Region> known = new TreeMap<>();

  /** The living ones, sorted; {@code null} after a change, until somebody looks. */
  private volatile Region[] snapshot = NONE;

  /** Searches of the tree since the last change. */
  private int searches;

  /** Adds a region whose addresses no other has; one that had the same start is forgotten. */
  public synchronized void add(Region region) {
    known.put(region.start(), region);
    region.table = this;
    changed();
  }

  /** Makes a region unreachable; it is remembered. */
  public synchronized void remove(Region region, String who) {
    region.table = null;
    region.freedBy = who;
    freed.add(region);
    if (freed.size() > MEMORY) {
      Region oldest = freed.remove();
      known.remove(oldest.start(), oldest);
    }
    changed();
  }

  /** Makes a region of this table unreachable for a while, or reachable again. */
  public synchronized void hide(Region region, boolean hidden) {
    region.hidden = hidden;
    changed();
  }

  private void changed() {
    snapshot = null;
    searches = 0;
  }

  /** The living region that holds an address, or {@code null}. */
  public Region find(long address) {
    Region[] regions = snapshot;
    if (regions == null) {
      regions = refresh();
      if (regions == null) {
        return search(address);
      }
    }
    int low = 0;
    int high = regions.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Region region = regions[middle];
      if (address < region.start()) {
        high = middle - 1;
      } else if (address - region.start() >= region.size()) {
        low = middle + 1;
      } else {
        return region;
      }
    }
    return null;
  }

  /** The region, living or freed, that starts last at or before an address, or {@code null}. */
  synchronized Region before(long address) {
    var entry = known.floorEntry(address);
    return entry == null ? null : entry.getValue();
  }

  /** The region, living or freed, that starts first after an address, or {@code null}. */
  synchronized Region after(long address) {
    var entry = known.higherEntry(address);
    return entry == null ? null : entry.getValue();
  }

  /** The living regions by address. */
  public synchronized List<Region> living() {
    List<Region> result = new ArrayList<>();
    for (Region region : known.values()) {
      if (!region.freed()) {
        result.add(region);
      }
    }
    return result;
  }

  /** {@code null} until so many have looked since the last change that it pays. */
  private synchronized Region[] refresh() {
    if (snapshot == null && ++searches > known.size() / SEARCHES_PER_REGION) {
      snapshot = living().stream().filter(region -> !region.hidden).toArray(Region[]::new);
    }
    return snapshot;
  }

  private synchronized Region search(long address) {
    Region region = before(address);
    boolean found =
        region != null
            && !region.freed()
            && !region.hidden
            && address - region.start() < region.size();
    return found ? region : null;
  }
}
