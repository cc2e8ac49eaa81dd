package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Agent;
import dev.kiln.runtime.sim.monitor.Monitor;

/**
 * {@code setmaxnreg} and {@code wgmma.mma_async} have to be executed by all four warps of a
 * warpgroup, equally often.
 */
final class WarpgroupCheck implements Monitor {
  private static final int WARPS = 4;

  private static final Attachment<Block, Counts> COUNTS = new Attachment<>(Counts::new);

  private final Reporter reporter;

  WarpgroupCheck(Reporter reporter) {
    this.reporter = reporter;
  }

  /** How often each warp of a block has executed such instructions, and where last. */
  private static final class Counts {
    private final long[] times;
    private final Step[] last;
    private final Warp[] warps;

    Counts(Block block) {
      int warps = block.grid.shape.warps();
      this.times = new long[warps];
      this.last = new Step[warps];
      this.warps = new Warp[warps];
    }
  }

  @Override
  public boolean hearsIssues() {
    return false;
  }

  @Override
  public boolean hearsAccesses() {
    return false;
  }

  @Override
  public void setsRegisters(Warp warp, Step step) {
    count(warp, step);
  }

  @Override
  public void asyncBegins(AsyncOperation operation) {
    if (operation.agent() == Agent.WGMMA) {
      count(operation.warp(), operation.step());
    }
  }

  private static void count(Warp warp, Step step) {
    Counts counts = warp.block.attached(COUNTS);
    counts.times[warp.index]++;
    counts.last[warp.index] = step;
    counts.warps[warp.index] = warp;
  }

  @Override
  public void blockEnds(Block block) {
    Counts counts = block.attached(COUNTS);
    for (int first = 0; first < counts.times.length; first += WARPS) {
      int most = first;
      int least = first;
      for (int i = first; i < Math.min(first + WARPS, counts.times.length); i++) {
        most = counts.times[i] > counts.times[most] ? i : most;
        least = counts.times[i] < counts.times[least] ? i : least;
      }
      if (counts.times[most] != counts.times[least]) {
        long more = counts.times[most];
        long fewer = counts.times[least];
        int without = least;
        reporter.report(
            counts.warps[most],
            counts.last[most],
            0,
            () ->
                "not executed by all warps of the warpgroup: %,d times here, %,d times by warp %d"
                    .formatted(more, fewer, without));
      }
    }
  }
}
