package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Step;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * An mbarrier: what its arrivals let waiters know. Asynchronous operations that complete there are
 * events of an agent of its own, in the order in which they complete.
 */
final class MbarrierState {
  final BlockState block;

  /** Number among the block's agents. */
  final int agent;

  /** Arrivals of {@code cp.async.mbarrier.arrive} to come, in order. */
  final Deque<Tracked> tracked = new ArrayDeque<>();

  private final Gathering arriving = new Gathering();
  private View completed = View.NOTHING;
  private int operations;

  /** Copies of a lane whose completion arrives at the barrier. */
  record Tracked(WarpState warp, Step step, int lane, List<Operation> operations) {}

  MbarrierState(BlockState block) {
    this.block = block;
    this.agent = block.nextAgent();
  }

  /** Threads arrive. */
  void arrive(WarpState warp, int lanes, View view) {
    arriving.add(warp, lanes, view);
  }

  /** Something that relaxed arrivals make known. */
  void arrive(View view) {
    arriving.add(view);
  }

  /** An asynchronous operation completes; the number of the event. */
  int complete() {
    operations++;
    return operations;
  }

  /** Those who wait may go on. */
  void endPhase() {
    completed = arriving.total().with(block.number, agent, operations);
  }

  /** What those know who have waited for the last phase that has ended. */
  View completed() {
    return completed;
  }
}
