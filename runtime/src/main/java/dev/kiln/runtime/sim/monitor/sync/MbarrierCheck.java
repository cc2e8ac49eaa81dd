package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Cluster;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Access.Order;
import dev.kiln.runtime.sim.memory.Access.Scope;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.BitSet;
import java.util.Map;
import java.util.TreeMap;

/**
 * The life of mbarriers (PTX ISA, "Lifecycle of the mbarrier object"): initialised once until made
 * invalid, not written to by other instructions, and known to other blocks of the cluster before
 * they use them.
 */
final class MbarrierCheck implements Monitor {
  private static final int BYTES = Long.BYTES;

  private static final Attachment<Block, TreeMap<Long, Live>> LIVE =
      new Attachment<>(block -> new TreeMap<>());

  /** Number of times that the barrier of the cluster has been completed; of the first block. */
  private static final Attachment<Block, int[]> PHASES = new Attachment<>(block -> new int[1]);

  private final BitSet barrierSteps;
  private final Reporter reporter;

  MbarrierCheck(Instructions instructions, Reporter reporter) {
    this.barrierSteps = instructions.all(Instructions::isMbarrier);
    this.reporter = reporter;
  }

  /** An mbarrier that has been initialised. */
  private static final class Live {
    private final Finding.Place made;
    private final Warp maker;
    private final int lane;
    private final int phase;

    /** Whether the thread that initialised it has released that to the cluster. */
    private boolean released;

    Live(Warp maker, Step step, int lane, int phase) {
      this.made = Finding.Place.of(step, maker, lane);
      this.maker = maker;
      this.lane = lane;
      this.phase = phase;
    }
  }

  @Override
  public boolean hearsIssues() {
    return false;
  }

  @Override
  public void mbarrier(
      Warp warp, Step step, int lanes, Block owner, long address, MbarrierEvent event) {
    TreeMap<Long, Live> live = owner.attached(LIVE);
    switch (event) {
      case INITIALISES -> initialises(warp, step, lanes, owner, address, live);
      case INVALIDATES -> live.remove(address);
      case ARRIVES, EXPECTS, TRACKS_COPIES, COMPLETES_ASYNC, WAITED -> {
        if (warp.block != owner) {
          usedFromAfar(warp, step, lanes, owner, live.get(address));
        }
      }
      case PHASE_COMPLETES -> {}
    }
  }

  private void initialises(
      Warp warp, Step step, int lanes, Block owner, long address, TreeMap<Long, Live> live) {
    Live old = live.get(address);
    if (old != null) {
      reporter.report(
          warp,
          step,
          lanes,
          old.made,
          () ->
              "initialises the mbarrier at shared address 0x%x a second time, without mbarrier.inval"
                  .formatted(address));
    }
    int lane = Integer.numberOfTrailingZeros(lanes);
    live.put(address, new Live(warp, step, lane, phase(owner.cluster)));
  }

  private static int phase(Cluster cluster) {
    return cluster == null ? 0 : cluster.block(0).attached(PHASES)[0];
  }

  private void usedFromAfar(Warp warp, Step step, int lanes, Block owner, Live barrier) {
    if (barrier == null || barrier.released && barrier.phase != phase(owner.cluster)) {
      return;
    }
    String missing =
        barrier.released
            ? "before a barrier of the cluster made its initialisation known"
            : "but the thread that initialised it made no fence.mbarrier_init";
    reporter.report(
        warp,
        step,
        lanes,
        barrier.made,
        () -> "uses an mbarrier of block rank %d, %s".formatted(owner.rank, missing));
  }

  @Override
  public void fences(Warp warp, Step step, int lanes, Order order, Scope scope) {
    if (order != Order.ACQUIRE && order != Order.RELAXED && scope != Scope.CTA) {
      release(warp, lanes);
    }
  }

  @Override
  public void clusterArrives(Warp warp, Step step, int lanes, Order order) {
    if (order == Order.RELEASE) {
      release(warp, lanes);
    }
  }

  private static void release(Warp warp, int lanes) {
    for (Live barrier : warp.block.attached(LIVE).values()) {
      barrier.released |= barrier.maker == warp && (lanes >>> barrier.lane & 1) != 0;
    }
  }

  @Override
  public void clusterCompletes(Block anyOfCluster) {
    anyOfCluster.cluster.block(0).attached(PHASES)[0]++;
  }

  @Override
  public void accesses(Access access) {
    boolean shared = access.space == Space.SHARED || access.space == Space.SHARED_CLUSTER;
    if (!shared || !access.writes || barrierSteps.get(access.step.site().pc())) {
      return;
    }
    for (int rest = access.mask; rest != 0; rest &= rest - 1) {
      int lane = Integer.numberOfTrailingZeros(rest);
      overwrites(access, lane, access.addresses[lane]);
    }
  }

  private void overwrites(Access access, int lane, long address) {
    long rank = (address >>> AddressSpace.RANK_SHIFT) - 1;
    Block own = access.warp.block;
    Block owner = rank < 0 || own.cluster == null ? own : own.cluster.block((int) rank);
    TreeMap<Long, Live> live = owner.attached(LIVE);
    if (live.isEmpty()) {
      return;
    }
    long offset = address & AddressSpace.OFFSET_MASK;
    Map.Entry<Long, Live> hit = live.lowerEntry(offset + access.bytes);
    if (hit != null && hit.getKey() + BYTES > offset) {
      reporter.report(
          access.warp,
          access.step,
          1 << lane,
          hit.getValue().made,
          () ->
              "writes %,d bytes at shared address 0x%x over the mbarrier at 0x%x, which is in use"
                  .formatted(access.bytes, offset, hit.getKey()));
    }
  }
}
