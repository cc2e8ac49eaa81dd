package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.monitor.Monitor;
import java.util.ArrayList;
import java.util.List;

/** Runs the warps of one cluster, turn by turn. */
final class ClusterRun {
  /** Most steps between polls of a warp that does nothing else: turns of a seed end in between. */
  private static final int STEPS_BETWEEN_POLLS = 1 << 10;

  private final long number;
  private final Cluster cluster;
  private final List<WarpRun> warps;
  private final Interleaving interleaving;
  private final Monitor monitor;
  private int live;
  private long lastChanges = -1;
  private long steps;
  private long polls;
  private boolean changed;
  private boolean onlyPolled;

  ClusterRun(
      long number,
      Cluster cluster,
      List<WarpRun> warps,
      Interleaving interleaving,
      Monitor monitor) {
    this.number = number;
    this.cluster = cluster;
    this.warps = new ArrayList<>(warps);
    this.interleaving = interleaving;
    this.monitor = monitor;
    this.live = warps.size();
    cluster.background.random = interleaving.isRandom();
    if (monitor != null) {
      for (int rank = 0; rank < cluster.size(); rank++) {
        monitor.blockBegins(cluster.block(rank));
      }
    }
  }

  /** Its place in the grid, counted in clusters. */
  long number() {
    return number;
  }

  Cluster cluster() {
    return cluster;
  }

  List<WarpRun> warps() {
    return warps;
  }

  boolean finished() {
    return live == 0;
  }

  /** Steps run in the last pass. */
  long steps() {
    return steps;
  }

  /** Polls in the last pass. */
  long polls() {
    return polls;
  }

  /** Whether the last pass changed memory, completed a barrier or ended a warp. */
  boolean changed() {
    return changed;
  }

  /** Whether every warp that ran in the last pass polls again and again. */
  boolean onlyPolled() {
    return onlyPolled;
  }

  /**
   * Gives each warp a turn.
   *
   * @param afterTurn runs after each, and may throw to stop the launch
   * @throws dev.kiln.runtime.sim.SimFault if a step cannot be executed, or no warp can go on
   */
  void pass(Runnable afterTurn) {
    steps = 0;
    polls = 0;
    onlyPolled = true;
    boolean happened = false;
    int count = warps.size();
    for (int i = 0; i < count; i++) {
      int at = interleaving.isRandom() ? interleaving.below(count) : i;
      happened |= turn(warps.get(at));
      afterTurn.run();
    }
    if (steps == 0 && interleaving.isRandom()) {
      for (WarpRun warp : warps) {
        happened |= turn(warp);
      }
    }
    if (live == 0) {
      end();
    } else if (steps == 0) {
      happened |= drain();
      if (!happened) {
        throw Faults.deadlock("no thread of the cluster can go on", unfinished());
      }
    }
    notice(happened);
  }

  /** Returns whether an operation in the background happened. */
  private boolean turn(WarpRun warp) {
    if (warp.finished()) {
      return false;
    }
    int ran = warp.turn(interleaving.quantum());
    steps += ran;
    if (warp.finished()) {
      live--;
      cluster.progress++;
    }
    if (warp.polled()) {
      polls++;
      return cluster.background.advance();
    }
    onlyPolled &= ran == 0 || warp.stepsSincePoll() < STEPS_BETWEEN_POLLS;
    return interleaving.isRandom() && interleaving.below(4) == 0 && cluster.background.advance();
  }

  private boolean drain() {
    boolean any = false;
    while (cluster.background.advance()) {
      any = true;
    }
    return any;
  }

  private void end() {
    drain();
    if (monitor != null) {
      for (int rank = 0; rank < cluster.size(); rank++) {
        monitor.blockEnds(cluster.block(rank));
      }
    }
  }

  private void notice(boolean happened) {
    long changes = cluster.progress;
    for (WarpRun warp : warps) {
      changes += warp.warp.changes;
    }
    changed = happened || changes != lastChanges;
    lastChanges = changes;
  }

  List<WarpRun> unfinished() {
    return warps.stream().filter(warp -> !warp.finished()).toList();
  }
}
