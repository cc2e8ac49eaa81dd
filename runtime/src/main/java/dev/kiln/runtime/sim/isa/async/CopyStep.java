package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.ByteRange;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.program.DecodeContext.Predicate;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code cp.async.ca} and {@code .cg}: 4, 8 or 16 bytes for each lane from global to shared memory.
 * The step checks and remembers; {@link #happen} moves the bytes.
 */
final class CopyStep extends Step {
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Place to;
  private final Place from;
  private final MemoryOperand reads;
  private final MemoryOperand writes;
  private final int bytes;
  private final int sourceBytes;
  private final Predicate ignored;

  /** The region read last. Threads may overwrite each other's; each is right or not used. */
  private Source last;

  private record Source(AddressSpace memory, Region region) {}

  /**
   * @param reads the source, on behalf of the copy
   * @param writes the destination
   * @param sourceBytes slot of the number of bytes to read, -1 for all of them
   * @param ignored lanes that read nothing; {@code null} for none
   */
  CopyStep(
      Place to,
      Place from,
      MemoryOperand reads,
      MemoryOperand writes,
      int sourceBytes,
      Predicate ignored) {
    this.to = to;
    this.from = from;
    this.reads = reads;
    this.writes = writes;
    this.bytes = reads.bytes;
    this.sourceBytes = sourceBytes;
    this.ignored = ignored;
  }

  @Override
  public void run(Warp warp) {
    CopyQueue queue = CopyQueue.of(warp);
    int left = warp.active;
    while (left != 0) {
      PendingCopy copy = queue.add(this, left);
      left &= ~copy.lanes;
      boolean simple = copy.lanes == Warp.FULL && ignored == null && sourceBytes < 0;
      copy.source = simple ? together(warp, copy) : null;
      if (copy.source == null) {
        remember(warp, copy);
        check(warp, copy);
      }
    }
  }

  /**
   * The common case: notes the addresses of all lanes and returns the region that holds the bytes
   * to be read; {@code null} if some lane needs a closer look.
   */
  private Region together(Warp warp, PendingCopy copy) {
    gather(warp, to, copy.to);
    gather(warp, from, copy.from);
    long[] targets = copy.to;
    long[] sources = copy.from;
    long firstTarget = targets[0];
    long firstSource = sources[0];
    long bits = 0;
    long apart = 0;
    long lowTarget = firstTarget;
    long highTarget = firstTarget;
    long lowSource = firstSource;
    long highSource = firstSource;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      long target = targets[lane];
      long source = sources[lane];
      bits |= target | source;
      apart |=
          target - firstTarget ^ (long) lane * bytes | source - firstSource ^ (long) lane * bytes;
      lowTarget = Math.min(lowTarget, target);
      highTarget = Math.max(highTarget, target);
      lowSource = Math.min(lowSource, source);
      highSource = Math.max(highSource, source);
    }
    Region shared = warp.block.shared;
    boolean good =
        (bits & bytes - 1) == 0
            && lowTarget >= 0
            && shared.allows(lowTarget, highTarget - lowTarget + bytes)
            && lowSource >= 0;
    if (!good) {
      return null;
    }
    Region region = source(warp, lowSource);
    if (region == null || !region.holds(highSource, bytes)) {
      return null;
    }
    copy.sideBySide = apart == 0;
    copy.whole = Warp.FULL;
    return region;
  }

  private Region source(Warp warp, long address) {
    AddressSpace memory = warp.block.grid.memory;
    Source known = last;
    boolean same = known != null && known.memory == memory && known.region.holds(address, 1);
    if (same && !known.region.freed()) {
      return known.region;
    }
    Region region = memory.global().find(address);
    if (region != null) {
      last = new Source(memory, region);
    }
    return region;
  }

  private static void gather(Warp warp, Place place, long[] addresses) {
    int base = place.base();
    long offset = place.offset();
    if (place.wide()) {
      long[] wides = warp.wides;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        addresses[lane] = wides[base + lane] + offset;
      }
    } else {
      int[] words = warp.words;
      for (int lane = 0; lane < Warp.LANES; lane++) {
        addresses[lane] = words[base + lane] + offset & 0xffff_ffffL;
      }
    }
  }

  private void remember(Warp warp, PendingCopy copy) {
    int none = ignored == null ? 0 : ignored.lanes(warp);
    int whole = 0;
    for (int left = copy.lanes; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      copy.to[lane] = to.at(warp, lane);
      copy.from[lane] = from.at(warp, lane);
      int size = (none >>> lane & 1) != 0 ? 0 : sourceBytes(warp, lane);
      copy.bytes[lane] = size;
      whole |= size == bytes ? 1 << lane : 0;
    }
    copy.whole = whole;
  }

  private int sourceBytes(Warp warp, int lane) {
    if (sourceBytes < 0) {
      return bytes;
    }
    int size = warp.words[sourceBytes + lane];
    if (size < 0 || size > bytes) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          lane,
          "reads %s bytes to copy %d".formatted(Integer.toUnsignedString(size), bytes));
    }
    return size;
  }

  /** Faults belong to this instruction, not to the wait. Nothing is touched yet. */
  private void check(Warp warp, PendingCopy copy) {
    Region shared = warp.block.shared;
    Region region = null;
    for (int left = copy.lanes; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      long source = copy.from[lane];
      long target = copy.to[lane];
      boolean good = (target & bytes - 1) == 0 && shared.allows(target, bytes);
      if (good && copy.bytes[lane] != 0) {
        if (region == null || !region.holds(source, copy.bytes[lane])) {
          region = warp.block.grid.memory.global().find(source);
        }
        good =
            (source & bytes - 1) == 0 && region != null && region.holds(source, copy.bytes[lane]);
      }
      if (!good) {
        checkLane(warp, copy, lane);
      }
    }
  }

  /** The long way: the place may be given by rank, or be wrong. */
  private void checkLane(Warp warp, PendingCopy copy, int lane) {
    Toucher toucher = new Toucher(warp, this, lane, Access.Agent.COPY);
    Place.require(toucher, to.shared(warp, lane), bytes, bytes, Use.WRITE);
    if (copy.bytes[lane] != 0) {
      Place.require(toucher, copy.from[lane], copy.bytes[lane], bytes, Use.READ);
    }
  }

  /** Moves the bytes of some of the copy's lanes. */
  void happen(Warp warp, PendingCopy copy, int lanes) {
    Region shared = warp.block.shared;
    Region source = copy.source;
    boolean unseen = warp.monitor == null && shared.written() == null;
    if (unseen && source != null && source.written() == null && !source.freed()) {
      warp.changes++;
      copyUnseen(copy, lanes, source, shared);
      return;
    }
    long[] low = copy.low;
    long[] high = copy.high;
    int whole = lanes & copy.whole;
    if (whole != 0) {
      MemoryPort port = warp.port;
      port.resolveAt(this, reads, whole, copy.from);
      if (port.contiguous()) {
        copyWhole(warp, copy, port.common(), port.offsets[0]);
        return;
      }
      read(port, whole, low, high);
    }
    for (int left = lanes & ~whole; left != 0; left &= left - 1) {
      readSome(warp, copy, Integer.numberOfTrailingZeros(left));
    }
    warp.port.resolveAt(this, writes, lanes, copy.to);
    write(warp.port, lanes, low, high);
  }

  /** Nobody is to be told, and all places have been checked: as fast as it gets. */
  private void copyUnseen(PendingCopy copy, int lanes, Region source, Region shared) {
    MemorySegment from = source.bytes();
    MemorySegment target = shared.bytes();
    long start = source.start();
    if (copy.sideBySide && lanes == Warp.FULL) {
      long all = (long) Warp.LANES * bytes;
      MemorySegment.copy(from, copy.from[0] - start, target, copy.to[0], all);
      return;
    }
    for (int left = lanes; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      long at = copy.from[lane] - start;
      long place = copy.to[lane];
      if (bytes == 4) {
        target.set(INT, place, from.get(INT, at));
        continue;
      }
      target.set(LONG, place, from.get(LONG, at));
      if (bytes == 16) {
        target.set(LONG, place + 8, from.get(LONG, at + 8));
      }
    }
  }

  /** All lanes read side by side; often they write so too. */
  private void copyWhole(Warp warp, PendingCopy copy, Region source, long first) {
    MemoryPort port = warp.port;
    port.resolveAt(this, writes, Warp.FULL, copy.to);
    if (port.contiguous()) {
      MemorySegment.copy(
          source.bytes(), first, port.common().bytes(), port.offsets[0], 32L * bytes);
      return;
    }
    MemorySegment from = source.bytes();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      long at = first + (long) lane * bytes;
      copy.low[lane] = bytes == 4 ? from.get(INT, at) : from.get(LONG, at);
      copy.high[lane] = bytes == 16 ? from.get(LONG, at + 8) : 0;
    }
    write(port, Warp.FULL, copy.low, copy.high);
  }

  private void read(MemoryPort port, int lanes, long[] low, long[] high) {
    for (int left = lanes; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      low[lane] = bytes == 4 ? port.readInt(lane, 0) : port.readLong(lane, 0);
      if (bytes == 16) {
        high[lane] = port.readLong(lane, 8);
      }
    }
  }

  private void readSome(Warp warp, PendingCopy copy, int lane) {
    copy.low[lane] = 0;
    copy.high[lane] = 0;
    int size = copy.bytes[lane];
    if (size == 0) {
      return;
    }
    ByteRange source =
        new Toucher(warp, this, lane, Access.Agent.COPY)
            .global(copy.from[lane], size, bytes, Use.READ);
    MemorySegment from = source.region().bytes();
    for (int i = 0; i < size; i++) {
      long value = from.get(ValueLayout.JAVA_BYTE, source.offset() + i) & 0xffL;
      if (i < 8) {
        copy.low[lane] |= value << 8 * i;
      } else {
        copy.high[lane] |= value << 8 * (i - 8);
      }
    }
  }

  private void write(MemoryPort port, int lanes, long[] low, long[] high) {
    for (int left = lanes; left != 0; left &= left - 1) {
      int lane = Integer.numberOfTrailingZeros(left);
      if (bytes == 4) {
        port.writeInt(lane, 0, (int) low[lane]);
      } else {
        port.writeLong(lane, 0, low[lane]);
      }
      if (bytes == 16) {
        port.writeLong(lane, 8, high[lane]);
      }
    }
  }
}
