package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.ptx.Space;

/**
 * Counts for the blocks that one host thread runs: {@link Measure}s for each step, the sectors of
 * global memory that were touched at all, and events of synchronisation. Allocates nothing for an
 * event but bits of pages that are touched for the first time.
 */
final class CountingMonitor implements Monitor {
  private static final int EXECUTIONS = Measure.EXECUTIONS.ordinal();
  private static final int LANES = Measure.LANES.ordinal();
  private static final int OFF_LANES = Measure.PREDICATED_OFF_LANES.ordinal();
  private static final int OFF = Measure.PREDICATED_OFF.ordinal();
  private static final int DIVERGENT = Measure.DIVERGENT.ordinal();
  private static final int GLOBAL = Measure.GLOBAL_REQUESTS.ordinal();
  private static final int SHARED = Measure.SHARED_REQUESTS.ordinal();
  private static final int LOCAL = Measure.LOCAL_REQUESTS.ordinal();
  private static final int CONSTANT = Measure.CONSTANT_REQUESTS.ordinal();
  private static final int PARAMETER = Measure.PARAMETER_REQUESTS.ordinal();
  private static final int CLUSTER = Measure.CLUSTER_REQUESTS.ordinal();

  /** From a space's requests on follow its bytes, what it touched, and the ideal of that. */
  private static final int BYTES = 1;

  private static final int TOUCHED = 2;
  private static final int IDEAL = 3;

  private final StepFacts facts;
  private final Sectors sectors = new Sectors();
  private final SharedWavefronts banks = new SharedWavefronts();
  private final CopyGather copy = new CopyGather();
  private final BulkRows bulk = new BulkRows();

  /** {@link Measures#COUNT} for each step. */
  final long[] tallies;

  final SectorSet reads = new SectorSet();
  final SectorSet writes = new SectorSet();
  final long[] mbarrierEvents = new long[MbarrierEvent.values().length];
  long blocks;
  long barriersCompleted;
  long clusterBarriersCompleted;

  CountingMonitor(StepFacts facts) {
    this.facts = facts;
    this.tallies = new long[facts.steps() * Measures.COUNT];
  }

  @Override
  public void blockBegins(Block block) {
    blocks++;
  }

  @Override
  public void issues(Warp warp, Step step, int path, int active) {
    int pc = step.site().pc();
    int fact = facts.of(pc);
    if ((fact & StepFacts.INSERTED) != 0) {
      return;
    }
    long[] t = tallies;
    int at = pc * Measures.COUNT;
    t[at + EXECUTIONS]++;
    if (active == path || (fact & StepFacts.BRANCH) != 0) {
      t[at + LANES] += Integer.bitCount(path);
      return;
    }
    t[at + LANES] += Integer.bitCount(active);
    t[at + OFF_LANES] += Integer.bitCount(path & ~active);
    if (active == 0) {
      t[at + OFF]++;
    }
  }

  @Override
  public void diverges(Warp warp, Step step, int active, int taken) {
    tallies[step.site().pc() * Measures.COUNT + DIVERGENT]++;
  }

  @Override
  public void accesses(Access access) {
    int pc = access.step.site().pc();
    int at = pc * Measures.COUNT;
    switch (access.agent) {
      case THREAD -> thread(access, at, facts.of(pc));
      case COPY -> copy(access, at);
      case BULK -> bulk(access, at);
      case WGMMA -> {} // The warps of a group read the same tiles: counted from the shape.
    }
  }

  @Override
  public void asyncBegins(AsyncOperation operation) {
    if (operation.agent() == Access.Agent.BULK) {
      int pc = operation.step().site().pc();
      int at = pc * Measures.COUNT;
      tallies[at + SHARED]++;
      if ((facts.of(pc) & StepFacts.BULK_GLOBAL) != 0) {
        tallies[at + GLOBAL]++;
      }
    }
  }

  @Override
  public void asyncEnds(AsyncOperation operation) {
    if (operation.agent() == Access.Agent.BULK) {
      bulk.clear();
    }
  }

  @Override
  public void barrierCompletes(Block block, int id) {
    barriersCompleted++;
  }

  @Override
  public void clusterCompletes(Block anyOfCluster) {
    clusterBarriersCompleted++;
  }

  @Override
  public void mbarrier(
      Warp warp, Step step, int lanes, Block owner, long address, MbarrierEvent event) {
    mbarrierEvents[event.ordinal()]++;
  }

  private void thread(Access access, int at, int fact) {
    if ((fact & StepFacts.CALL) != 0) {
      return;
    }
    int mask = access.mask;
    int bytes = access.bytes;
    long total = (long) Integer.bitCount(mask) * bytes;
    if ((fact & StepFacts.PARAMETER) != 0) {
      request(at + PARAMETER, total);
      return;
    }
    switch (access.space) {
      case GLOBAL -> {
        request(at + GLOBAL, total);
        touched(at + GLOBAL, global(access, mask, bytes), Sectors.ideal(total));
      }
      case SHARED -> {
        request(at + SHARED, total);
        shared(access, at, fact);
      }
      case LOCAL -> {
        request(at + LOCAL, total);
        int count = sectors.local(access.addresses, mask, bytes);
        touched(at + LOCAL, count, Sectors.ideal(total));
      }
      case CONST -> {
        request(at + CONSTANT, total);
        tallies[at + CONSTANT + TOUCHED] += sectors.addresses(access.addresses, mask);
      }
      case PARAM -> request(at + PARAMETER, total);
      case SHARED_CLUSTER -> request(at + CLUSTER, total);
      case REG, SREG, GENERIC, TEX -> {}
    }
  }

  private void shared(Access access, int at, int fact) {
    if (access.atomic) {
      banks.atomic(access.addresses, access.mask, access.bytes);
    } else if ((fact & StepFacts.MATRIX) != 0) {
      banks.matrices(access.addresses, access.mask);
    } else {
      banks.access(access.addresses, access.mask, access.bytes);
    }
    touched(at + SHARED, banks.wavefronts(), banks.ideal());
  }

  private int global(Access access, int mask, int bytes) {
    return sectors.global(
        access.addresses, mask, bytes, access.reads ? reads : null, access.writes ? writes : null);
  }

  /** Reads of all lanes come first, in one access or several; then one write. */
  private void copy(Access access, int at) {
    if (access.reads) {
      copy.add(access.addresses, access.mask, access.bytes);
      return;
    }
    request(at + GLOBAL, copy.total());
    touched(at + GLOBAL, copy.sectors(sectors, reads), Sectors.ideal(copy.total()));
    copy.clear();
    long written = (long) Integer.bitCount(access.mask) * access.bytes;
    if (access.space == Space.SHARED) {
      request(at + SHARED, written);
      shared(access, at, 0);
    } else {
      request(at + CLUSTER, written);
    }
  }

  private void bulk(Access access, int at) {
    long address = access.addresses[Integer.numberOfTrailingZeros(access.mask)];
    int bytes = access.bytes;
    if (access.space == Space.GLOBAL) {
      if (!bulk.countsGlobal()) {
        return;
      }
      long first = address >>> Sectors.SHIFT;
      long last = address + bytes - 1 >>> Sectors.SHIFT;
      tallies[at + GLOBAL + BYTES] += bytes;
      touched(at + GLOBAL, bulk.sectors(first, last), 0);
      if (access.reads) {
        reads.add(first, last);
      }
      if (access.writes) {
        writes.add(first, last);
      }
      return;
    }
    if (access.writes) {
      bulk.writesTo(access.space == Space.SHARED ? -1 : (int) (address >>> 24));
    }
    tallies[at + (access.space == Space.SHARED ? SHARED : CLUSTER) + BYTES] += bytes;
  }

  private void request(int at, long bytes) {
    tallies[at]++;
    tallies[at + BYTES] += bytes;
  }

  private void touched(int at, long count, long ideal) {
    tallies[at + TOUCHED] += count;
    tallies[at + IDEAL] += ideal;
  }
}
