package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.ByteRange;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.DecodeContext.AddressOperand;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Space;

/**
 * An address operand of a bulk operation, and the checks of what it means.
 *
 * @param space the space that the instruction names, or the variable's where it names none
 * @param wide whether the base lies in {@code wides}
 * @param base slot of the base
 * @param offset to be added
 */
record Place(Space space, boolean wide, int base, long offset) {
  static Place of(DecodeContext context, Operand operand, Space space) {
    return of(context.address(operand), space);
  }

  static Place of(AddressOperand address, Space space) {
    Space known = space == Space.GENERIC && address.space() != null ? address.space() : space;
    return new Place(known, address.bits() == 64, address.base(), address.offset());
  }

  /** The address as written. */
  long at(Warp warp, int lane) {
    return wide
        ? warp.wides[base + lane] + offset
        : warp.words[base + lane] + offset & 0xffff_ffffL;
  }

  /** A place in the shared memory of a block. */
  record InShared(Block owner, long offset) {
    /** The same offset in another block. */
    InShared in(Block other) {
      return new InShared(other, offset);
    }
  }

  /** The place in shared memory that a lane's address means. */
  InShared shared(Warp warp, int lane) {
    long address = at(warp, lane);
    long inWindow = space == Space.GENERIC ? address - AddressSpace.SHARED_BASE : address;
    if (inWindow < 0 || inWindow >= AddressSpace.SHARED_WINDOW) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_ADDRESS,
          lane,
          "address 0x%x is not in shared memory".formatted(address));
    }
    long rank = (inWindow >>> AddressSpace.RANK_SHIFT) - 1;
    boolean own = rank < 0 || rank == warp.block.rank;
    if (!own && space == Space.SHARED) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_ADDRESS,
          lane,
          "shared address 0x%x belongs to another block of the cluster".formatted(inWindow));
    }
    Block owner = own ? warp.block : ByteRange.blockOf(warp.block, rank, lane);
    return new InShared(owner, inWindow & AddressSpace.OFFSET_MASK);
  }

  /** Faults unless the bytes are there; touches nothing. */
  static void require(Toucher toucher, InShared place, long bytes, int alignment, Use use) {
    boolean good =
        (place.offset & alignment - 1) == 0
            && (!place.owner.exited || place.owner == toucher.warp().block)
            && place.owner.shared.allows(place.offset, bytes);
    if (!good) {
      toucher.shared(place.owner, place.offset, bytes, alignment, use);
      throw new IllegalStateException("an access that should have failed");
    }
  }

  /** Faults unless the bytes are there; touches nothing. */
  static void require(Toucher toucher, long address, long bytes, int alignment, Use use) {
    Region region = toucher.warp().block.grid.memory.global().find(address);
    boolean good =
        (address & alignment - 1) == 0
            && region != null
            && region.holds(address, bytes)
            && (use == Use.READ || region.writable());
    if (!good) {
      toucher.global(address, bytes, alignment, use);
      throw new IllegalStateException("an access that should have failed");
    }
  }
}
