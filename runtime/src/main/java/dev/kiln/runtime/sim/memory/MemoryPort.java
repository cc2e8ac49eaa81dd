package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The only way from a warp to memory. {@link #resolve} turns the addresses of lanes into places in
 * regions, with every check, and tells the monitor; after that, until the next call, {@link #bytes}
 * and {@link #offsets} say where each lane's bytes lie. The step reads or writes them itself, at
 * most as many as the operand says. Stores count as {@link Warp#changes}; atomic operations that
 * change something have to count themselves.
 */
public final class MemoryPort {
  private static final Addresses ADDRESSES = Addresses.ofMachine();

  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  /** Where the bytes of each resolved lane begin in {@link #bytes}. */
  public final long[] offsets = new long[Warp.LANES];

  private final Warp warp;
  private final LocalMemory local;

  /** The addresses in hand; {@link Access#addresses} of the warp. */
  private final long[] addresses;

  private final Region[] regions = new Region[Warp.LANES];
  private final Space[] spaces = new Space[Warp.LANES];
  private Region common;
  private Space commonSpace;
  private boolean contiguous;

  /** Whether all lanes' addresses ascend by the operand's bytes. */
  private boolean sideBySide;

  private long low;
  private long high;
  private long ones;
  private final long[] span = new long[3];

  /**
   * @param program tells how much local memory each thread has
   */
  public MemoryPort(Warp warp, Program program) {
    this.warp = warp;
    this.addresses = warp.access.addresses;
    this.local = new LocalMemory(warp, program);
  }

  /** Resolves for the active lanes the addresses that the operand's register holds. */
  public void resolve(Step step, MemoryOperand operand) {
    resolve(step, operand, warp.active);
  }

  /** Resolves for some lanes the addresses that the operand's register holds. */
  public void resolve(Step step, MemoryOperand operand, int mask) {
    gather(operand, mask);
    place(step, operand, mask);
  }

  /**
   * Resolves addresses that the caller chose, in the operand's space; for copies that happen later,
   * and rows of matrices.
   *
   * @param lanes for each lane in the mask an address
   */
  public void resolveAt(Step step, MemoryOperand operand, int mask, long[] lanes) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      addresses[lane] = lanes[lane];
    }
    ADDRESSES.span(addresses, mask, span);
    range(span[0], span[1], span[2]);
    sideBySide = mask == Warp.FULL && Addresses.sideBySide(addresses, operand.bytes);
    place(step, operand, mask);
  }

  /** Resolves one lane's address, in the operand's space. */
  public void resolveLane(Step step, MemoryOperand operand, int lane, long address) {
    addresses[lane] = address;
    sideBySide = false;
    range(address, address, address);
    place(step, operand, 1 << lane);
  }

  /** The bytes that hold a lane's place. */
  public MemorySegment bytes(int lane) {
    return common != null ? common.bytes() : regions[lane].bytes();
  }

  /** The region of a lane. */
  public Region region(int lane) {
    return common != null ? common : regions[lane];
  }

  /** The region of all lanes; {@code null} if they lie in several. */
  public Region common() {
    return common;
  }

  /** The space of a lane's address: GLOBAL, SHARED, SHARED_CLUSTER, LOCAL, CONST or PARAM. */
  public Space space(int lane) {
    return common != null ? commonSpace : spaces[lane];
  }

  /**
   * Whether all 32 lanes were resolved and lie side by side in one region, lane 0 first: 32 times
   * the operand's bytes from {@code offsets[0]} on.
   */
  public boolean contiguous() {
    return contiguous;
  }

  /** Whether all resolved lanes lie at one place of one region, that of {@code lane}. */
  public boolean uniform() {
    return common != null && low == high && commonSpace != Space.LOCAL;
  }

  public byte readByte(int lane, int at) {
    return bytes(lane).get(ValueLayout.JAVA_BYTE, offsets[lane] + at);
  }

  public int readInt(int lane, int at) {
    return bytes(lane).get(INT, offsets[lane] + at);
  }

  public long readLong(int lane, int at) {
    return bytes(lane).get(LONG, offsets[lane] + at);
  }

  public void writeInt(int lane, int at, int value) {
    bytes(lane).set(INT, offsets[lane] + at, value);
  }

  public void writeLong(int lane, int at, long value) {
    bytes(lane).set(LONG, offsets[lane] + at, value);
  }

  /** The address of a lane, in its resolved space. */
  public long address(int lane) {
    return addresses[lane];
  }

  LocalMemory local() {
    return local;
  }

  /** Gives local memory back; the executor calls it when the warp has ended. */
  public void close() {
    local.close();
  }

  private void gather(MemoryOperand operand, int mask) {
    boolean inOrder =
        operand.wide
            ? ADDRESSES.gather(warp.wides, operand.base, operand.offset, operand.bytes, addresses)
            : ADDRESSES.gather(
                warp.words, operand.base, (int) operand.offset, operand.bytes, addresses);
    sideBySide = inOrder && mask == Warp.FULL;
    if (inOrder && operand.alignment <= operand.bytes) {
      // Addresses between are multiples of the same alignment, because the operand's size is.
      long first = addresses[Integer.numberOfTrailingZeros(mask)];
      long last = addresses[Warp.LANES - 1 - Integer.numberOfLeadingZeros(mask)];
      range(first, last, first | operand.bytes);
      return;
    }
    ADDRESSES.span(addresses, mask, span);
    range(span[0], span[1], span[2]);
  }

  private void range(long smallest, long largest, long bits) {
    low = smallest;
    high = largest;
    ones = bits;
  }

  private void place(Step step, MemoryOperand operand, int mask) {
    contiguous = false;
    if (operand.use == MemoryOperand.Use.WRITE) {
      warp.changes++;
    }
    if ((ones & operand.alignment - 1) != 0) {
      throw AddressFaults.misaligned(operand, mask, addresses);
    }
    Space space = operand.space == Space.GENERIC ? window(operand, mask) : operand.space;
    Region region = space == null ? null : whole(operand, space);
    if (region == null) {
      placeEach(operand, space, mask);
      observeEach(step, operand, mask);
      return;
    }
    common = region;
    commonSpace = space;
    if (space == Space.LOCAL) {
      local.offsets(addresses, offsets);
    } else {
      long start = region.start();
      for (int lane = 0; lane < Warp.LANES; lane++) {
        offsets[lane] = addresses[lane] - start;
      }
      contiguous = sideBySide;
    }
    if (operand.writes() && !region.writable()) {
      int lane = Integer.numberOfTrailingZeros(mask);
      throw AddressFaults.readOnly(operand, lane, addresses[lane], region);
    }
    if (warp.monitor != null || region.written() != null) {
      observe(step, operand, space, mask);
    }
  }

  /** The one region that holds everything between the lowest and the highest lane, or null. */
  private Region whole(MemoryOperand operand, Space space) {
    Region region =
        switch (space) {
          case GLOBAL -> cached(operand, warp.block.grid.memory.global());
          case CONST -> cached(operand, warp.block.grid.memory.constants());
          case SHARED, SHARED_CLUSTER -> warp.block.shared;
          case PARAM -> warp.block.grid.parameters;
          case LOCAL -> local.region(low, high, operand.bytes);
          case REG, SREG, GENERIC, TEX -> throw new IllegalStateException("no memory: " + space);
        };
    if (space == Space.LOCAL || region == null) {
      return region;
    }
    boolean inside =
        low >= region.start()
            && high - region.start() <= region.size() - operand.bytes
            && (region.variables == null
                || region.variables.holds(low, high - low + operand.bytes));
    return inside ? region : null;
  }

  private Region cached(MemoryOperand operand, RegionTable table) {
    Region last = operand.last;
    if (last != null && last.table == table && last.holds(low, 1)) {
      return last;
    }
    Region found = table.find(low);
    operand.last = found;
    return found;
  }

  /** The window of generic addresses that holds all lanes, made addresses of its space; or null. */
  private Space window(MemoryOperand operand, int mask) {
    Space space = spaceOf(low);
    if (space == Space.GLOBAL) {
      return spaceOf(high) == Space.GLOBAL ? space : null;
    }
    long start = windowStart(space);
    if (high - start >= AddressSpace.SHARED_WINDOW) {
      return null;
    }
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      addresses[Integer.numberOfTrailingZeros(rest)] -= start;
    }
    low -= start;
    high -= start;
    return space;
  }

  /** The space that a generic address means. */
  public static Space spaceOf(long generic) {
    if (generic < AddressSpace.SHARED_BASE) {
      return Space.GLOBAL;
    }
    long window = AddressSpace.SHARED_WINDOW;
    if (generic < AddressSpace.SHARED_BASE + window) {
      return Space.SHARED;
    }
    if (generic >= AddressSpace.LOCAL_BASE && generic < AddressSpace.LOCAL_BASE + window) {
      return Space.LOCAL;
    }
    if (generic >= AddressSpace.CONST_BASE && generic < AddressSpace.CONST_BASE + window) {
      return Space.CONST;
    }
    if (generic >= AddressSpace.PARAM_BASE && generic < AddressSpace.PARAM_BASE + window) {
      return Space.PARAM;
    }
    return Space.GLOBAL;
  }

  /** The generic address of address 0 of a space. */
  public static long windowStart(Space space) {
    return switch (space) {
      case SHARED, SHARED_CLUSTER -> AddressSpace.SHARED_BASE;
      case LOCAL -> AddressSpace.LOCAL_BASE;
      case CONST -> AddressSpace.CONST_BASE;
      case PARAM -> AddressSpace.PARAM_BASE;
      case GLOBAL, GENERIC, REG, SREG, TEX -> 0;
    };
  }

  private void placeEach(MemoryOperand operand, Space space, int mask) {
    common = null;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      placeLane(operand, space, Integer.numberOfTrailingZeros(rest));
    }
  }

  private void placeLane(MemoryOperand operand, Space given, int lane) {
    Space space = given;
    if (space == null) {
      space = spaceOf(addresses[lane]);
      addresses[lane] -= windowStart(space);
    }
    long address = addresses[lane];
    spaces[lane] = space;
    Region region =
        switch (space) {
          case GLOBAL -> warp.block.grid.memory.global().find(address);
          case CONST -> warp.block.grid.memory.constants().find(address);
          case PARAM -> warp.block.grid.parameters;
          case SHARED, SHARED_CLUSTER -> shared(operand, lane, address);
          case LOCAL -> local.region(address, address, operand.bytes);
          case REG, SREG, GENERIC, TEX -> throw new IllegalStateException("no memory: " + space);
        };
    if (region == null) {
      throw AddressFaults.outside(warp, operand, space, lane, address);
    }
    regions[lane] = region;
    if (space == Space.LOCAL) {
      offsets[lane] = local.offset(lane, address);
    } else {
      offsets[lane] = address - region.start();
      if (spaces[lane] == Space.SHARED_CLUSTER) {
        offsets[lane] &= AddressSpace.OFFSET_MASK;
      } else if (spaces[lane] == Space.SHARED) {
        offsets[lane] = addresses[lane];
      }
      long offset = offsets[lane];
      if (offset < 0
          || offset > region.size() - operand.bytes
          || region.variables != null && !region.variables.holds(offset, operand.bytes)) {
        throw AddressFaults.outside(warp, operand, space, lane, address);
      }
    }
    if (operand.writes() && !region.writable()) {
      throw AddressFaults.readOnly(operand, lane, address, region);
    }
  }

  /** The block's own shared memory or, by rank, another's; notes which in {@code spaces}. */
  private Region shared(MemoryOperand operand, int lane, long address) {
    spaces[lane] = Space.SHARED;
    long rank = (address >>> AddressSpace.RANK_SHIFT) - 1;
    if (rank < 0 || address >= AddressSpace.SHARED_WINDOW || address < 0) {
      return warp.block.shared;
    }
    if (rank == warp.block.rank) {
      addresses[lane] = address & AddressSpace.OFFSET_MASK;
      return warp.block.shared;
    }
    if (operand.space == Space.SHARED) {
      return null;
    }
    spaces[lane] = Space.SHARED_CLUSTER;
    return ByteRange.blockOf(warp.block, rank, lane).shared;
  }

  private void observe(Step step, MemoryOperand operand, Space space, int mask) {
    Access access = warp.access;
    access.warp = warp;
    access.step = step;
    access.space = space;
    access.mask = mask;
    access.bytes = operand.bytes;
    access.reads = operand.reads();
    access.writes = operand.writes();
    access.atomic = operand.use == MemoryOperand.Use.ATOMIC;
    access.order = operand.order;
    access.scope = operand.scope;
    access.agent = operand.agent;
    if (warp.monitor != null) {
      warp.monitor.accesses(access);
    }
    if (common == null) {
      noteEach(operand, mask);
    } else if (common.written() != null) {
      note(operand, mask);
    }
  }

  private void observeEach(Step step, MemoryOperand operand, int mask) {
    int rest = mask;
    while (rest != 0) {
      Space space = spaces[Integer.numberOfTrailingZeros(rest)];
      int same = 0;
      for (int others = rest; others != 0; others &= others - 1) {
        int lane = Integer.numberOfTrailingZeros(others);
        same |= spaces[lane] == space ? 1 << lane : 0;
      }
      observe(step, operand, space, same);
      rest &= ~same;
    }
  }

  private void note(MemoryOperand operand, int mask) {
    MemorySegment written = common.written();
    if (contiguous) {
      int length = operand.bytes * Warp.LANES;
      if (operand.reads() && !Shadow.isWritten(written, offsets[0], length)) {
        noteEach(operand, mask);
      }
      if (operand.writes()) {
        Shadow.mark(written, offsets[0], length);
      }
      return;
    }
    noteEach(operand, mask);
  }

  private void noteEach(MemoryOperand operand, int mask) {
    int missing = 0;
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      MemorySegment written = region(lane).written();
      if (written == null) {
        continue;
      }
      if (operand.reads() && !Shadow.isWritten(written, offsets[lane], operand.bytes)) {
        missing |= 1 << lane;
      }
      if (operand.writes()) {
        Shadow.mark(written, offsets[lane], operand.bytes);
      }
    }
    if (missing != 0 && warp.monitor != null) {
      Region first = region(Integer.numberOfTrailingZeros(missing));
      warp.monitor.readsUnwritten(warp.access, missing, first);
    }
  }
}
