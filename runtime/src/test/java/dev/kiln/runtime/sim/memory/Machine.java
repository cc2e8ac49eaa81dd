package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Cluster;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;

/** A block with memory and one warp of a few registers, for tests of single accesses. */
public final class Machine implements AutoCloseable {
  public static final int LOCAL_BYTES = 256;
  public static final int SHARED_BYTES = 8192;

  public final AddressSpace memory;
  public final GridRun grid;
  public final Cluster cluster;
  public final Block block;

  public Machine() {
    this(false, 1);
  }

  /**
   * @param clusterSize blocks, of which the last is {@link #block}
   */
  public Machine(boolean tracksWrites, int clusterSize) {
    memory = new AddressSpace(1L << 30, DeviceHeap.DEFAULT_LIMIT, tracksWrites);
    grid = new GridRun(memory, memory.parameters(Arena.ofAuto().allocate(64).fill((byte) 7)));
    cluster = new Cluster(clusterSize);
    for (int rank = 0; rank < clusterSize; rank++) {
      Region shared = memory.shared(SHARED_BYTES);
      cluster.put(rank, new Block(grid, cluster, rank, rank, 0, 0, shared));
    }
    block = cluster.block(clusterSize - 1);
  }

  /** A warp with four registers of each kind. */
  public Warp warp(Monitor monitor) {
    Program program =
        new Program(
            "test",
            new Step[0],
            new boolean[0],
            4,
            4,
            4,
            List.of(),
            Map.of(),
            List.of(),
            0,
            0,
            16,
            List.of(),
            LOCAL_BYTES,
            List.of(),
            Map.of());
    Warp warp = new Warp(program, block, 0, monitor);
    warp.active = Warp.FULL;
    return warp;
  }

  /** A step that does nothing, to name in accesses. */
  public static Step step() {
    return new Step() {
      @Override
      public void run(Warp warp) {}
    };
  }

  @Override
  public void close() {
    memory.close();
  }
}
