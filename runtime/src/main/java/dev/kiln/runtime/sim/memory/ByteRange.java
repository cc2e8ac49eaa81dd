package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.MemorySegment;

/**
 * Bytes that an operation touches on behalf of a warp, where they are no lane's: rows of bulk and
 * tensor copies, tiles of wgmma. To resolve a range is to touch it: the monitor is told then.
 *
 * @param offset of the first byte in the region's bytes
 */
public record ByteRange(Region region, long offset, long length) {
  /** What a {@link ByteRange} is touched for, and by whom. */
  public enum Use {
    READ,
    WRITE,
    /** Reads, combines and writes: {@code cp.reduce.async.bulk}. */
    REDUCE
  }

  /**
   * Who touches memory, and why.
   *
   * @param lane the first of those that issued it, for messages
   */
  public record Toucher(Warp warp, Step step, int lane, Access.Agent agent) {
    /** The bytes at an offset of a block's shared memory, 24 bits; rank bits are not looked at. */
    public ByteRange shared(Block owner, long offset, long length, int alignment, Use use) {
      boolean own = owner == warp.block;
      Space space = own ? Space.SHARED : Space.SHARED_CLUSTER;
      long place = offset & AddressSpace.OFFSET_MASK;
      long address = own ? place : (owner.rank + 1L) << AddressSpace.RANK_SHIFT | place;
      requireAligned(address, length, alignment, use);
      if (!own && owner.exited) {
        throw exited(owner.rank, lane);
      }
      VariableLayout variables = owner.shared.variables;
      if (!owner.shared.holds(place, length)
          || variables != null && !variables.holds(place, length)) {
        throw AddressFaults.outside(warp, what(use, length), length, space, lane, address);
      }
      return touch(new ByteRange(owner.shared, place, length), space, address, use);
    }

    /** The bytes at a global or generic address. */
    public ByteRange global(long address, long length, int alignment, Use use) {
      requireAligned(address, length, alignment, use);
      Region region = warp.block.grid.memory.global().find(address);
      if (region == null || !region.holds(address, length)) {
        throw AddressFaults.outside(warp, what(use, length), length, Space.GLOBAL, lane, address);
      }
      if (use != Use.READ && !region.writable()) {
        throw new LaneFault(
            LaneFault.Kind.WRITE_TO_READ_ONLY,
            lane,
            "%s at 0x%x in %s, which is read only"
                .formatted(what(use, length), address, region.name()));
      }
      long offset = address - region.start();
      return touch(new ByteRange(region, offset, length), Space.GLOBAL, address, use);
    }

    private void requireAligned(long address, long length, int alignment, Use use) {
      if ((address & alignment - 1) != 0) {
        throw AddressFaults.misaligned(what(use, length), lane, address, alignment);
      }
    }

    private ByteRange touch(ByteRange range, Space space, long address, Use use) {
      boolean reads = use != Use.WRITE;
      boolean writes = use != Use.READ;
      if (warp.monitor != null) {
        Access access = warp.access;
        access.warp = warp;
        access.step = step;
        access.space = space;
        access.mask = 1 << lane;
        access.addresses[lane] = address;
        access.bytes = Math.toIntExact(range.length);
        access.reads = reads;
        access.writes = writes;
        access.atomic = use == Use.REDUCE;
        access.order = use == Use.REDUCE ? Access.Order.RELAXED : Access.Order.WEAK;
        access.scope = Access.Scope.GPU;
        access.agent = agent;
        warp.monitor.accesses(access);
        if (reads && !range.region.allWritten(range.offset, range.length)) {
          warp.monitor.readsUnwritten(access, 1 << lane, range.region);
        }
      }
      if (writes) {
        range.region.markWritten(range.offset, range.length);
      }
      return range;
    }

    private static String what(Use use, long length) {
      return switch (use) {
            case READ -> "reads ";
            case WRITE -> "writes ";
            case REDUCE -> "changes ";
          }
          + "%,d bytes".formatted(length);
    }
  }

  /** The bytes themselves. */
  public MemorySegment bytes() {
    return region.bytes().asSlice(offset, length);
  }

  /** Copies as many bytes from another range. */
  public void copyFrom(ByteRange source) {
    MemorySegment.copy(source.region.bytes(), source.offset, region.bytes(), offset, length);
  }

  /**
   * A block of the cluster.
   *
   * @param lane for the message
   * @throws LaneFault if there is no such block, or it has exited
   */
  public static Block blockOf(Block anyOfCluster, long rank, int lane) {
    int size = anyOfCluster.cluster == null ? 1 : anyOfCluster.cluster.size();
    if (rank < 0 || rank >= size) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_ADDRESS,
          lane,
          "means shared memory of block rank %d in a cluster of %d".formatted(rank, size));
    }
    Block block = size == 1 ? anyOfCluster : anyOfCluster.cluster.block((int) rank);
    if (block.exited) {
      throw exited(rank, lane);
    }
    return block;
  }

  private static LaneFault exited(long rank, int lane) {
    return new LaneFault(
        LaneFault.Kind.ILLEGAL_ADDRESS,
        lane,
        "means shared memory of block rank %d of the cluster, which has exited".formatted(rank));
  }
}
