package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.LaneFault.Kind;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.Locale;

/** Says what is wrong with an address and what lies near it. */
final class AddressFaults {
  /** Addresses below this are taken for null pointers with an offset. */
  private static final long NULL_PAGE = 65_536;

  private AddressFaults() {}

  static LaneFault misaligned(MemoryOperand operand, int mask, long[] addresses) {
    for (int rest = mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      if ((addresses[lane] & operand.alignment - 1) != 0) {
        return misaligned(operand.what(), lane, addresses[lane], operand.alignment);
      }
    }
    throw new IllegalStateException("no lane is misaligned");
  }

  static LaneFault misaligned(String what, int lane, long address, int alignment) {
    return new LaneFault(
        Kind.MISALIGNED_ADDRESS,
        lane,
        "%s at 0x%x, which is not a multiple of %d".formatted(what, address, alignment));
  }

  static LaneFault readOnly(MemoryOperand operand, int lane, long address, Region region) {
    return new LaneFault(
        Kind.WRITE_TO_READ_ONLY,
        lane,
        "%s at 0x%x in %s, which is read only".formatted(operand.what(), address, region.name()));
  }

  /** An access that no region holds. */
  static LaneFault outside(Warp warp, MemoryOperand operand, Space space, int lane, long address) {
    return outside(warp, operand.what(), operand.bytes, space, lane, address);
  }

  static LaneFault outside(
      Warp warp, String what, long bytes, Space space, int lane, long address) {
    String place =
        switch (space) {
          case GLOBAL -> nearby(warp.block.grid.memory.global(), address, bytes);
          case CONST -> nearby(warp.block.grid.memory.constants(), address, bytes);
          case SHARED, SHARED_CLUSTER -> nearShared(warp, space, address, bytes);
          case LOCAL -> nearLocal(warp.port.local(), address, bytes);
          case PARAM -> relation(warp.block.grid.parameters, address, bytes);
          case REG, SREG, GENERIC, TEX -> throw new IllegalStateException("no memory: " + space);
        };
    return new LaneFault(
        Kind.ILLEGAL_ADDRESS,
        lane,
        "%s at %s address 0x%x, %s".formatted(what, word(space), address, place));
  }

  private static String nearLocal(LocalMemory local, long address, long bytes) {
    return local.variables() == null
        ? relation(address, bytes, "local memory", 0, local.size())
        : local.variables().near(address, bytes, "local memory");
  }

  private static String word(Space space) {
    return space == Space.SHARED_CLUSTER
        ? "shared::cluster"
        : space.name().toLowerCase(Locale.ROOT);
  }

  private static String nearShared(Warp warp, Space space, long address, long bytes) {
    if (address >= 1L << AddressSpace.RANK_SHIFT && address < AddressSpace.SHARED_WINDOW) {
      if (space == Space.SHARED) {
        return "which belongs to another block of the cluster";
      }
      long offset = address & AddressSpace.OFFSET_MASK;
      return "offset 0x%x, ".formatted(offset) + within(warp.block.shared, offset, bytes);
    }
    return within(warp.block.shared, address, bytes);
  }

  private static String within(Region shared, long offset, long bytes) {
    return shared.variables != null && shared.holds(offset, bytes)
        ? shared.variables.near(offset, bytes, "shared memory")
        : relation(shared, offset, bytes);
  }

  /** Where an address lies among the regions of a table. */
  static String nearby(RegionTable table, long address, long bytes) {
    if (address >= 0 && address < NULL_PAGE) {
      return address == 0 ? "a null pointer" : "a null pointer plus " + address;
    }
    Region before = table.before(address);
    Region after = table.after(address);
    if (before == null && after == null) {
      return "where nothing was ever allocated";
    }
    boolean second =
        before == null
            || after != null
                && address >= before.start() + before.size()
                && after.start() - address < address - before.start() - before.size();
    return relation(second ? after : before, address, bytes);
  }

  private static String relation(Region region, long address, long bytes) {
    String text = relation(address, bytes, region.name(), region.start(), region.size());
    if (region.freed()) {
      return text + ", which %s freed".formatted(region.freedBy);
    }
    return region.hidden ? text + ", which is not allocated at this time" : text;
  }

  static String relation(long address, long bytes, String name, long start, long size) {
    if (address < start) {
      return "%s before %s of %s".formatted(count(start - address), name, count(size));
    }
    long past = address - start - size;
    if (past >= 0) {
      return (past == 0 ? "just after %s of %s" : count(past) + " after %s of %s")
          .formatted(name, count(size));
    }
    return past + bytes > 0
        ? "across the end of %s of %s".formatted(name, count(size))
        : "inside %s of %s".formatted(name, count(size));
  }

  private static String count(long bytes) {
    return bytes == 1 ? "1 byte" : "%,d bytes".formatted(bytes);
  }
}
