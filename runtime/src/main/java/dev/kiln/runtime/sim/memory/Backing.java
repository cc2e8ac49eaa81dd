package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.memory.Slab;
import java.lang.foreign.MemorySegment;

/**
 * Host memory behind simulated memory, cut from one slab of the process: devices come and go
 * cheaply, and all accesses see one kind of segment, which keeps the JIT's type profiles narrow.
 */
final class Backing {
  /** What memory holds before it is written: recognisable, and the same on each run. */
  static final byte POISON = (byte) 0xCD;

  private static final class Holder {
    static final Slab SLAB = Slab.ofDefaultSize();
  }

  private Backing() {}

  /** Poisoned bytes. */
  static MemorySegment allocate(long bytes) {
    return Holder.SLAB.slice(Holder.SLAB.allocate(bytes), bytes).fill(POISON);
  }

  /** Zero bytes. */
  static MemorySegment zeros(long bytes) {
    return Holder.SLAB.slice(Holder.SLAB.allocate(bytes), bytes).fill((byte) 0);
  }

  /** Takes back what one of the other methods returned. */
  static void free(MemorySegment bytes) {
    Holder.SLAB.free(bytes.address());
  }
}
