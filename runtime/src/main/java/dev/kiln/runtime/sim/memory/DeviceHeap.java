package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.Site;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code malloc} and {@code free} in kernels use. Each block is a region of its own with a gap
 * behind it, so that accesses beyond it are faults. Thread-safe.
 */
public final class DeviceHeap {
  /** 8 MiB, as cudaLimitMallocHeapSize is by default. */
  public static final long DEFAULT_LIMIT = 8L << 20;

  /** Of each block, as the CUDA programming guide promises. */
  private static final long ALIGNMENT = 16;

  private static final long GAP = 256;

  private final AddressSpace space;
  private final long limit;
  private long next = AddressSpace.HEAP_BASE;
  private final Map<Region, Origin> origins = new HashMap<>();
  private long inUse;
  private int count;

  /**
   * Who allocated a block.
   *
   * @param thread in words
   */
  public record Origin(Site site, String thread) {}

  DeviceHeap(AddressSpace space, long limit) {
    this.space = space;
    this.limit = limit;
  }

  /** The generic address of a new block, or 0 if the heap is exhausted. */
  public long allocate(long bytes) {
    return allocate(bytes, null);
  }

  /**
   * The generic address of a new block, or 0 if the heap is exhausted.
   *
   * @param origin for messages
   */
  public synchronized long allocate(long bytes, Origin origin) {
    if (bytes <= 0 || bytes > limit - inUse) {
      return 0;
    }
    long start = next;
    next = AddressSpace.roundUp(start + bytes + GAP, ALIGNMENT);
    count++;
    Region region = space.owned("device malloc " + count, start, bytes);
    space.global().add(region);
    origins.put(region, origin);
    inUse += bytes;
    return start;
  }

  /**
   * Gives a block back.
   *
   * @param who for messages: the thread that does it
   * @return {@code null}, or what is wrong: freed twice, or no block's address
   */
  public synchronized String free(long address, String who) {
    if (address == 0) {
      return null;
    }
    Region region = space.global().find(address);
    if (region != null && region.start() == address && isBlock(region)) {
      space.global().remove(region, who);
      origins.remove(region);
      inUse -= region.size();
      space.release(region);
      return null;
    }
    Region before = space.global().before(address);
    if (before != null && before.start() == address && before.freed() && isBlock(before)) {
      return "frees %s a second time; %s freed it first".formatted(before.name(), before.freedBy);
    }
    return "frees 0x%x, which malloc did not return".formatted(address);
  }

  /** Who allocated a living block, where that is known; else {@code null}. */
  public synchronized Origin origin(Region block) {
    return origins.get(block);
  }

  /** Blocks that nobody has freed. */
  public synchronized List<Region> leaks() {
    return space.global().living().stream().filter(DeviceHeap::isBlock).toList();
  }

  synchronized void close() {
    for (Region region : leaks()) {
      free(region.start(), "the device, which was closed");
    }
  }

  private static boolean isBlock(Region region) {
    return region.start() >= AddressSpace.HEAP_BASE;
  }
}
