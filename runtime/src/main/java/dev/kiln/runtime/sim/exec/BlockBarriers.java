package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.exec.LaneFault.Kind;
import java.util.Arrays;

/**
 * The 16 barriers of a block (PTX ISA, {@code bar, barrier}). A warp has arrived when all of its
 * lanes that have not exited have; it then counts as 32 threads. Warps that have exited as a whole
 * are not waited for by a barrier of the whole block.
 */
public final class BlockBarriers {
  /** Number of barriers of a block. */
  public static final int COUNT = 16;

  /** Stands for all threads of the block. */
  public static final int WHOLE_BLOCK = 0;

  private final Block block;
  private final Phase[] phases = new Phase[COUNT];

  BlockBarriers(Block block) {
    this.block = block;
  }

  /**
   * Lanes of a warp arrive.
   *
   * @param id of the barrier; from a register, so anything is possible
   * @param threads how many take part, or {@link #WHOLE_BLOCK}
   * @param trueLanes the lanes whose predicate is true, for {@code red}
   * @return the phase that completes when all have arrived
   * @throws LaneFault if the barrier is used as it must not be
   */
  public Phase arrive(
      Warp warp, Step step, int lanes, int id, int threads, boolean waits, int trueLanes) {
    int lane = Integer.numberOfTrailingZeros(lanes);
    if (id < 0 || id >= COUNT) {
      throw new LaneFault(
          Kind.BARRIER,
          lane,
          "barrier %s; there are 0 to 15".formatted(Integer.toUnsignedString(id)));
    }
    if (threads < 0 || threads % Warp.LANES != 0) {
      throw new LaneFault(
          Kind.BARRIER,
          lane,
          "barrier %d for %s threads, which is no multiple of 32"
              .formatted(id, Integer.toUnsignedString(threads)));
    }
    if (threads > block.warps.length * Warp.LANES) {
      throw new LaneFault(
          Kind.BARRIER,
          lane,
          "barrier %d for %d threads, but the block has %d warps"
              .formatted(id, threads, block.warps.length));
    }
    Phase phase = phases[id];
    if (phase == null) {
      phase = new Phase(id, threads);
      phases[id] = phase;
    } else if (phase.threads != threads) {
      throw new LaneFault(
          Kind.BARRIER,
          lane,
          "barrier %d for %s, but others are at it for %s"
              .formatted(id, count(threads), count(phase.threads)));
    }
    if (warp.monitor != null) {
      warp.monitor.barrierArrives(warp, step, lanes, id, waits);
    }
    phase.arrive(warp, lanes, trueLanes);
    complete(phase);
    return phase;
  }

  private static String count(int threads) {
    return threads == WHOLE_BLOCK ? "the whole block" : threads + " threads";
  }

  void exited(Warp warp) {
    for (Phase phase : phases) {
      if (phase != null) {
        complete(phase);
      }
    }
  }

  private void complete(Phase phase) {
    if (!phase.allThere()) {
      return;
    }
    phase.over = true;
    phases[phase.id] = null;
    block.cluster.progress++;
    Warp any = block.warps[0];
    if (any.monitor != null) {
      any.monitor.barrierCompletes(block, phase.id);
    }
  }

  /** One use of a barrier, from its first arrival to its completion. */
  public final class Phase implements WaitingStep.Wait {
    private final int id;
    private final int threads;
    private final int[] there = new int[block.warps.length];
    private boolean over;
    private int trues;
    private int falses;

    private Phase(int id, int threads) {
      this.id = id;
      this.threads = threads;
    }

    private void arrive(Warp warp, int lanes, int trueLanes) {
      int again = there[warp.index] & lanes;
      if (again != 0) {
        throw new LaneFault(
            Kind.BARRIER,
            Integer.numberOfTrailingZeros(again),
            "a second arrival at barrier %d, of which %s".formatted(id, arrivals()));
      }
      there[warp.index] |= lanes;
      trues += Integer.bitCount(trueLanes & lanes);
      falses += Integer.bitCount(~trueLanes & lanes);
    }

    private boolean allThere() {
      return arrived() == expected() && Arrays.stream(there).anyMatch(lanes -> lanes != 0);
    }

    /** Warps of which all lanes that have not exited are there. */
    private int arrived() {
      int count = 0;
      for (int i = 0; i < there.length; i++) {
        count += there[i] != 0 && (block.warps[i].present() & ~there[i]) == 0 ? 1 : 0;
      }
      return count;
    }

    private int expected() {
      if (threads != WHOLE_BLOCK) {
        return threads / Warp.LANES;
      }
      int count = 0;
      for (int i = 0; i < there.length; i++) {
        count += there[i] != 0 || block.warps[i].present() != 0 ? 1 : 0;
      }
      return count;
    }

    private String arrivals() {
      return "%d of %d warps have arrived".formatted(arrived(), expected());
    }

    @Override
    public boolean over() {
      return over;
    }

    /** Number of threads that arrived with a true predicate. */
    public int trues() {
      return trues;
    }

    /** Whether no thread arrived with a false predicate. */
    public boolean allTrue() {
      return falses == 0;
    }

    @Override
    public String describe() {
      return "barrier %d (%s)".formatted(id, arrivals());
    }
  }
}
