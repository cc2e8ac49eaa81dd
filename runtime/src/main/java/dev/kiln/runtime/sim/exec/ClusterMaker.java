package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.memory.VariableLayout;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;

/** Makes blocks with their warps and shared memory, which it uses again and again. */
final class ClusterMaker {
  private final Code code;
  private final GridRun grid;
  private final LaunchShape shape;
  private final Monitor monitor;
  private final long sharedBytes;
  private final Deque<Region> spare = new ArrayDeque<>();

  ClusterMaker(Code code, GridRun grid, Monitor monitor) {
    this.code = code;
    this.grid = grid;
    this.shape = grid.shape;
    this.monitor = monitor;
    this.sharedBytes = sharedBytes(code.program(), shape);
  }

  /** Bytes of a block's shared memory: static variables, then the dynamic part. */
  static long sharedBytes(Program program, LaunchShape shape) {
    long alignment = Math.max(1, program.dynamicSharedAlignment());
    long fixed = (program.staticShared() + alignment - 1) / alignment * alignment;
    return shape.dynamicShared() == 0 ? program.staticShared() : fixed + shape.dynamicShared();
  }

  ClusterRun make(long number, Interleaving interleaving, int maxCallDepth) {
    int size = shape.clusterSize();
    Cluster cluster = new Cluster(size);
    List<WarpRun> warps = new ArrayList<>(size * shape.warps());
    for (int rank = 0; rank < size; rank++) {
      Block block = block(cluster, number, rank);
      cluster.put(rank, block);
      for (Warp warp : block.warps) {
        warps.add(new WarpRun(warp, code, maxCallDepth));
      }
    }
    return new ClusterRun(number, cluster, warps, interleaving, monitor);
  }

  private Block block(Cluster cluster, long number, int rank) {
    int across = shape.gridX() / shape.clusterX();
    int down = shape.gridY() / shape.clusterY();
    int x = (int) (number % across) * shape.clusterX() + rank % shape.clusterX();
    int y =
        (int) (number / across % down) * shape.clusterY()
            + rank / shape.clusterX() % shape.clusterY();
    int z =
        (int) (number / across / down) * shape.clusterZ()
            + rank / shape.clusterX() / shape.clusterY();
    Region shared = spare.poll();
    if (shared == null) {
      shared = grid.memory.shared(sharedBytes);
      long dynamicStart = sharedBytes - shape.dynamicShared();
      shared.divide(VariableLayout.of(code.program().sharedVariables(), dynamicStart, sharedBytes));
    } else {
      AddressSpace.reset(shared);
    }
    Block block = new Block(grid, cluster, rank, x, y, z, shared);
    block.warps = new Warp[shape.warps()];
    for (int i = 0; i < block.warps.length; i++) {
      block.warps[i] = warp(block, i);
    }
    return block;
  }

  private Warp warp(Block block, int index) {
    Program program = code.program();
    Warp warp = new Warp(program, block, index, monitor);
    int lanes = Math.min(Warp.LANES, shape.threads() - index * Warp.LANES);
    warp.exited = lanes == Warp.LANES ? 0 : -1 << lanes;
    for (Program.Constant constant : program.constants()) {
      int at = constant.index();
      switch (constant.bits()) {
        case 1 -> warp.predicates[at] = constant.value() == 0 ? 0 : -1;
        case 32 -> Arrays.fill(warp.words, at, at + Warp.LANES, (int) constant.value());
        default -> Arrays.fill(warp.wides, at, at + Warp.LANES, constant.value());
      }
    }
    SpecialValues values = new SpecialValues(warp, sharedBytes - program.guardBytes());
    program.specials().forEach(values::fill);
    return warp;
  }

  /** Keeps what a finished cluster used, for the next. */
  void takeBack(ClusterRun run) {
    for (WarpRun warp : run.warps()) {
      warp.warp.port.close();
    }
    for (int rank = 0; rank < run.cluster().size(); rank++) {
      spare.add(run.cluster().block(rank).shared);
    }
  }

  void close() {
    spare.forEach(grid.memory::release);
    spare.clear();
  }
}
