package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * The simulated addresses of a device. They are no host addresses, and the same on each run: they
 * ascend, leave a gap of at least {@link #GUARD} bytes after each allocation, and are never used
 * again. Thread-safe.
 */
public final class AddressSpace implements AutoCloseable {
  /** The first address of global memory. */
  public static final long GLOBAL_BASE = 0x10_0000_0000L;

  /** The first address of the heap of {@code malloc} in kernels. */
  public static final long HEAP_BASE = 0x4000_0000_0000L;

  /** Generic address of shared address 0; the window is {@link #SHARED_WINDOW} bytes. */
  public static final long SHARED_BASE = 0x7f00_0000_0000L;

  /** Generic address of local address 0 of the thread that uses it. */
  public static final long LOCAL_BASE = 0x7f10_0000_0000L;

  public static final long CONST_BASE = 0x7f20_0000_0000L;

  public static final long PARAM_BASE = 0x7f30_0000_0000L;

  /**
   * Shared addresses: below 2^24 the block's own; {@code (rank + 1) << 24 | offset} that of a block
   * of the cluster. Both fit 32 bits, and both are valid as {@code shared::cluster} addresses.
   */
  public static final int RANK_SHIFT = 24;

  /** The offset within a block's shared memory, of a shared address with a rank. */
  public static final long OFFSET_MASK = (1L << RANK_SHIFT) - 1;

  /** Size of each window: shared, local, constant, parameters. */
  public static final long SHARED_WINDOW = 1L << 32;

  /** Alignment of allocations, as of cudaMalloc. */
  public static final long ALIGNMENT = 512;

  /** Least distance between two allocations. */
  public static final long GUARD = 4096;

  /** Constant addresses begin here, so that 0 is nobody's. */
  private static final long FIRST_CONSTANT = 0x200;

  private static final long CONSTANT_GUARD = 256;

  private final RegionTable global = new RegionTable();
  private final RegionTable constants = new RegionTable();
  private final DeviceHeap heap;
  private final long limit;
  private final boolean tracksWrites;
  private long nextGlobal = GLOBAL_BASE;
  private long nextConstant = FIRST_CONSTANT;
  private long inUse;
  private long peak;
  private long scratch;

  /** Without a limit, writes not tracked. */
  public AddressSpace() {
    this(Long.MAX_VALUE, DeviceHeap.DEFAULT_LIMIT, false);
  }

  /**
   * @param limit most bytes in use at a time: buffers, variables, and the shared and local memory
   *     of blocks that run
   * @param heapLimit most bytes that kernels may hold by {@code malloc}
   * @param tracksWrites whether to know which bytes have been written, for the sanitizer {@code
   *     init}
   */
  public AddressSpace(long limit, long heapLimit, boolean tracksWrites) {
    this.limit = limit;
    this.tracksWrites = tracksWrites;
    this.heap = new DeviceHeap(this, heapLimit);
  }

  /** Global memory, the kernels' heap included. */
  public RegionTable global() {
    return global;
  }

  /** Constant memory, by address in its space. */
  public RegionTable constants() {
    return constants;
  }

  /** What {@code malloc} in kernels allocates from. */
  public DeviceHeap heap() {
    return heap;
  }

  public boolean tracksWrites() {
    return tracksWrites;
  }

  /**
   * Global memory with undefined content.
   *
   * @throws DeviceMemoryException if there is not enough
   */
  public synchronized Region allocate(String name, long bytes) {
    if (bytes < 0) {
      throw new DeviceMemoryException("a buffer cannot have a negative size: " + bytes);
    }
    requireRoom(bytes);
    Region region = owned(name, place(bytes), bytes);
    global.add(region);
    use(bytes);
    return region;
  }

  /** Global memory that is somebody else's segment; it counts as written. */
  public synchronized Region wrap(String name, MemorySegment segment) {
    // The low bits of the host's address stay: vector accesses are as aligned as they would be.
    long misalignment = segment.address() & 15;
    long start = place(segment.byteSize() + misalignment) + misalignment;
    Region region =
        new Region(name, start, segment.byteSize(), segment, !segment.isReadOnly(), null);
    global.add(region);
    return region;
  }

  /**
   * A variable of a module, all zeros and written, in GLOBAL or CONST.
   *
   * @throws DeviceMemoryException if there is not enough memory
   */
  public synchronized Region variable(String name, Space space, long bytes, long alignment) {
    boolean constant = space == Space.CONST;
    if (!constant && space != Space.GLOBAL) {
      throw new IllegalArgumentException("no module variables in " + space);
    }
    requireRoom(bytes);
    long start = constant ? placeConstant(bytes, alignment) : place(bytes, alignment);
    String title = (constant ? "constant " : "variable ") + name;
    Region region = new Region(title, start, bytes, Backing.zeros(bytes), !constant, null);
    region.owned = true;
    (constant ? constants : global).add(region);
    use(bytes);
    return region;
  }

  /**
   * Gives a region back that {@link #allocate}, {@link #wrap} or {@link #variable} made. Nothing
   * happens if it has been given back before.
   *
   * @param who for messages: "the host"
   */
  public synchronized void free(Region region, String who) {
    if (region.table == null) {
      return;
    }
    region.table.remove(region, who);
    if (region.owned) {
      use(-region.size());
    }
    release(region);
  }

  /**
   * Shared memory of a block, poisoned, in no table; to be given back with {@link #release}.
   *
   * @throws DeviceMemoryException if there is not enough memory
   */
  public Region shared(long bytes) {
    return scratch("shared memory", bytes);
  }

  /** Memory of a launch: it counts against the limit, but is not in {@link #inUse}. */
  private synchronized Region scratch(String name, long bytes) {
    requireRoom(bytes);
    Region region = owned(name, 0, bytes);
    region.scratch = true;
    scratch += bytes;
    return region;
  }

  /** Makes shared or local memory as good as new, for the next block. */
  public static void reset(Region region) {
    region.bytes().fill(Backing.POISON);
    if (region.written() != null) {
      region.written().fill((byte) 0);
    }
  }

  /** Parameters of a launch: a read-only copy; to be given back with {@link #release}. */
  public Region parameters(MemorySegment bytes) {
    MemorySegment copy = Backing.zeros(bytes.byteSize()).copyFrom(bytes);
    Region region = new Region("the parameters", 0, bytes.byteSize(), copy, false, null);
    region.owned = true;
    return region;
  }

  /**
   * Local memory of a warp, poisoned, in no table; to be given back with {@link #release}.
   *
   * @throws DeviceMemoryException if there is not enough memory
   */
  public Region local(long bytes) {
    return scratch("local memory", bytes);
  }

  /** Poisoned bytes that back memory in no table. */
  Region owned(String name, long start, long bytes) {
    MemorySegment written = tracksWrites ? Backing.zeros(bytes) : null;
    Region region = new Region(name, start, bytes, Backing.allocate(bytes), true, written);
    region.owned = true;
    return region;
  }

  /** Gives the host memory behind a region back; only for regions in no table. */
  public void release(Region region) {
    if (region.scratch) {
      endScratch(region);
    }
    if (region.owned) {
      region.owned = false;
      Backing.free(region.bytes());
      if (region.written() != null) {
        Backing.free(region.written());
      }
    }
  }

  private synchronized void endScratch(Region region) {
    region.scratch = false;
    scratch -= region.size();
  }

  /** Bytes of global and constant memory in use, wrapped memory aside. */
  public synchronized long inUse() {
    return inUse;
  }

  /** The most that were in use at a time. */
  public synchronized long peak() {
    return peak;
  }

  /** Gives all host memory back; nothing can be used any more. */
  @Override
  public void close() {
    heap.close();
    for (RegionTable table : List.of(global, constants)) {
      for (Region region : table.living()) {
        free(region, "the device, which was closed");
      }
    }
  }

  private void use(long bytes) {
    inUse += bytes;
    peak = Math.max(peak, inUse);
  }

  /** Fails unless so many bytes fit beside what is in use, scratch memory of launches included. */
  private void requireRoom(long bytes) {
    long used = inUse + scratch;
    if (bytes > limit - used) {
      throw new DeviceMemoryException(
          "out of memory: %,d bytes wanted, %,d of %,d in use".formatted(bytes, used, limit));
    }
  }

  private long place(long bytes) {
    return place(bytes, ALIGNMENT);
  }

  private long place(long bytes, long alignment) {
    long start = roundUp(nextGlobal, Math.max(alignment, ALIGNMENT));
    nextGlobal = roundUp(start + bytes + GUARD, ALIGNMENT);
    if (nextGlobal < start || nextGlobal > HEAP_BASE) {
      throw new DeviceMemoryException("no addresses left for %,d bytes".formatted(bytes));
    }
    return start;
  }

  private long placeConstant(long bytes, long alignment) {
    long start = roundUp(nextConstant, Math.max(alignment, 16));
    nextConstant = start + bytes + CONSTANT_GUARD;
    if (nextConstant > SHARED_WINDOW) {
      throw new DeviceMemoryException("no constant memory left for %,d bytes".formatted(bytes));
    }
    return start;
  }

  static long roundUp(long value, long multiple) {
    return (value + multiple - 1) / multiple * multiple;
  }
}
