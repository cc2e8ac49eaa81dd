package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Cluster;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.exec.TensorMode;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Blocks for tests of single matrix instructions. */
final class TensorBlock {
  private TensorBlock() {}

  /** A block without shared memory. */
  static Block with(TensorMode mode) {
    return of(mode, 16);
  }

  /** A block with shared memory, all zeros. */
  static Block shared(int bytes) {
    return of(TensorMode.ROUNDED, bytes);
  }

  private static Block of(TensorMode mode, int bytes) {
    GridRun grid = new GridRun(new AddressSpace(), null, LaunchShape.of(1, 128));
    grid.tensorMode = mode;
    return of(grid, bytes);
  }

  /** The only warp of a block. */
  static Block lonely(int bytes) {
    return of(new GridRun(new AddressSpace(), null), bytes);
  }

  private static Block of(GridRun grid, int bytes) {
    MemorySegment segment = Arena.ofAuto().allocate(bytes, 1024);
    Region region = new Region("shared memory", 0, bytes, segment, true, null);
    Cluster cluster = new Cluster(1);
    Block block = new Block(grid, cluster, 0, 0, 0, 0, region);
    cluster.put(0, block);
    return block;
  }
}
