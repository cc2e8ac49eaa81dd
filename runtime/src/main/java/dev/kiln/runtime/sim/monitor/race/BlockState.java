package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.BlockBarriers;
import dev.kiln.runtime.sim.exec.Cluster;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.exec.PlaceText;
import dev.kiln.runtime.sim.exec.Warp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A block as the sanitizer sees it. Outlives the block, by what remembers its accesses. */
final class BlockState {
  /** Ascending in the order in which blocks begin. */
  final int number;

  /** The same for all blocks of a cluster. */
  final ClusterState cluster;

  private final String name;
  private final LaunchShape shape;

  /** Who has accessed its shared memory. */
  Shadow shared = new Shadow();

  /** Its mbarriers by address. */
  final Map<Long, MbarrierState> mbarriers = new HashMap<>();

  final List<WarpState> warps = new ArrayList<>();

  /** Bits of the warps that have exited. */
  int exited;

  private final Phase[] barriers = new Phase[BlockBarriers.COUNT];

  private final int warpCount;
  private int agents;

  /** One use of a barrier: what those that came know, and who waits to know it. */
  static final class Phase {
    final Gathering gathering = new Gathering();
    final List<Waiting> waiting = new ArrayList<>();

    /** Bits of the warps that have arrived. */
    int arrived;

    record Waiting(WarpState warp, int lanes) {}
  }

  /** What the blocks of a cluster have in common. */
  static final class ClusterState {
    /** Those that have arrived at the cluster's barrier. */
    Gathering arriving = new Gathering();

    /** What is known behind the barrier. */
    View completed = View.NOTHING;

    final List<BlockState> blocks = new ArrayList<>();
  }

  BlockState(int number, Block block, Map<Cluster, ClusterState> clusters) {
    this.number = number;
    this.name = PlaceText.block(block);
    this.shape = block.grid.shape;
    this.warpCount = shape.warps();
    this.agents = warpCount;
    this.cluster = clusters.computeIfAbsent(block.cluster, key -> new ClusterState());
    cluster.blocks.add(this);
  }

  /** A thread in words. */
  String thread(int warp, int lane) {
    return PlaceText.thread(name, shape, warp, lane);
  }

  /** A number for an agent that is no warp. */
  int nextAgent() {
    return agents++;
  }

  MbarrierState mbarrier(long address) {
    return mbarriers.computeIfAbsent(address, key -> new MbarrierState(this));
  }

  /** The phase of a barrier that has completed. */
  Phase take(int id) {
    Phase phase = barrier(id);
    barriers[id] = null;
    return phase;
  }

  /**
   * Adds warps that a barrier of the whole block no longer waits for, because they have exited:
   * what they did comes before.
   */
  void addExited(Phase phase) {
    int rest = exited & ~phase.arrived;
    if (rest != 0 && (exited | phase.arrived) == -1 >>> -warpCount) {
      addExited(rest, phase.gathering);
    }
  }

  /** Adds warps that have exited. */
  void addExited(int which, Gathering gathering) {
    for (WarpState warp : warps) {
      if ((which >>> warp.index & 1) != 0) {
        warp.gather(Warp.FULL, 0, gathering);
      }
    }
  }

  /** Lets go of what nobody needs once the block has ended. */
  void end() {
    shared = null;
    mbarriers.clear();
    warps.forEach(WarpState::end);
    warps.clear();
    cluster.completed = View.NOTHING;
  }

  Phase barrier(int id) {
    if (barriers[id] == null) {
      barriers[id] = new Phase();
    }
    return barriers[id];
  }
}
