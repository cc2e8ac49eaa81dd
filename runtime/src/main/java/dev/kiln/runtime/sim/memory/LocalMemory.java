package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.program.Program;

/**
 * Local memory of a warp's threads, allocated when it is first used. Threads are interleaved by
 * granules, so that what the lanes hold at one address lies close together.
 */
final class LocalMemory {
  /** The largest access; no access crosses a granule, because accesses are aligned. */
  private static final int GRANULE = 32;

  private final Warp warp;
  private final long size;
  private final VariableLayout variables;
  private Region region;

  LocalMemory(Warp warp, Program program) {
    this.warp = warp;
    this.size = program.localBytes();
    this.variables = VariableLayout.ofLocals(program.localVariables());
  }

  /** The region, if every access from {@code low} to {@code high} is within a thread's memory. */
  Region region(long low, long high, int bytes) {
    if (low < 0 || high < low || high > size - bytes) {
      return null;
    }
    if (variables != null && !variables.holds(low, high - low + bytes)) {
      return null;
    }
    if (region == null) {
      long whole = AddressSpace.roundUp(size, GRANULE) * Warp.LANES;
      region = warp.block.grid.memory.local(whole);
    }
    return region;
  }

  /** What accesses must not leave; {@code null} where any byte will do. */
  VariableLayout variables() {
    return variables;
  }

  /** Bytes of each thread. */
  long size() {
    return size;
  }

  long offset(int lane, long address) {
    return address / GRANULE * (GRANULE * Warp.LANES) + lane * GRANULE + address % GRANULE;
  }

  void offsets(long[] addresses, long[] offsets) {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      offsets[lane] = offset(lane, addresses[lane]);
    }
  }

  void close() {
    if (region != null) {
      warp.block.grid.memory.release(region);
      region = null;
    }
  }
}
