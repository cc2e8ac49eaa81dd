package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.exec.Executor.Progress;
import dev.kiln.runtime.sim.monitor.Monitor;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One host thread's part of a launch: takes cluster after cluster, and runs several side by side
 * where they wait for each other.
 */
final class Worker {
  /** Polls by which nothing changed, after which the next cluster is begun beside those waiting. */
  private static final long IDLE_POLLS_BEFORE_NEXT = 1 << 10;

  /** The same in steps, for warps that spin without a poll that the simulator knows. */
  private static final long IDLE_STEPS_BEFORE_NEXT = 1 << 24;

  /** After so many idle polls the time counts as well. */
  private static final long IDLE_POLLS_BEFORE_TIME = 1 << 14;

  /** So long may a launch do nothing but poll: polls take from half a microsecond to many. */
  private static final long MAX_IDLE_NANOS = TimeUnit.SECONDS.toNanos(4);

  /** Clusters that run side by side from the start where a seed shuffles them. */
  private static final int SHUFFLED_CLUSTERS = 4;

  private final Executor executor;
  private final Progress progress;
  private final Monitor monitor;
  private final ClusterMaker maker;
  private final int mostClusters;
  private final List<ClusterRun> resident = new ArrayList<>();
  private long idlePolls;
  private long idleSteps;
  private long idleSince;
  private boolean waits;
  private long othersSeen;
  private long running = Executor.ALL_CLUSTERS;

  Worker(Executor executor, Progress progress, Monitor monitor) {
    this.executor = executor;
    this.progress = progress;
    this.monitor = monitor;
    this.maker = new ClusterMaker(executor.code(), executor.grid(), monitor);
    this.mostClusters = executor.mostClusters();
  }

  /** Runs clusters until there are no more. */
  void run() {
    try {
      while (true) {
        fill();
        if (resident.isEmpty() || progress.stops(lowest())) {
          return;
        }
        pass();
      }
    } catch (OutOfMemoryError e) {
      progress.fail(Faults.noMemory(), running);
    } catch (Throwable t) {
      progress.fail(t, running);
    } finally {
      waits(true);
      maker.close();
    }
  }

  private long lowest() {
    return resident.getFirst().number();
  }

  private void fill() {
    int wanted = executor.options().seed().isPresent() ? SHUFFLED_CLUSTERS : 1;
    while (resident.size() < Math.min(wanted, mostClusters) && startNext()) {
      idle(0, 0);
    }
  }

  private boolean startNext() {
    long number = progress.nextCluster();
    if (number < 0) {
      return false;
    }
    resident.add(maker.make(number, executor.interleaving(number), executor.maxCallDepth()));
    return true;
  }

  private void pass() {
    long steps = 0;
    long polls = 0;
    boolean changed = false;
    boolean onlyPolled = true;
    for (int i = 0; i < resident.size(); i++) {
      ClusterRun cluster = resident.get(i);
      running = cluster.number();
      cluster.pass(progress::checkTime);
      steps += cluster.steps();
      polls += cluster.polls();
      changed |= cluster.changed();
      onlyPolled &= cluster.onlyPolled();
      if (cluster.finished()) {
        resident.remove(i--);
        maker.takeBack(cluster);
      }
    }
    running = Executor.ALL_CLUSTERS;
    progress.ran(steps, changed);
    if (changed) {
      idle(0, 0);
    } else {
      idle(onlyPolled ? idlePolls + polls : 0, idleSteps + steps);
      lookForOthers();
    }
  }

  private void idle(long polls, long steps) {
    idlePolls = polls;
    idleSteps = steps;
    if (polls <= IDLE_POLLS_BEFORE_TIME) {
      idleSince = 0;
      waits(false);
    } else if (idleSince == 0) {
      idleSince = System.nanoTime();
    }
  }

  /** Tells the other threads whether this one only waits. */
  private void waits(boolean now) {
    if (now != waits) {
      waits = now;
      progress.waits(now);
    }
  }

  /** Nothing has changed: begins another cluster, for which those here may be waiting. */
  private void lookForOthers() {
    boolean waits =
        idlePolls > IDLE_POLLS_BEFORE_NEXT * resident.size() || idleSteps > IDLE_STEPS_BEFORE_NEXT;
    if (waits && resident.size() < mostClusters && startNext()) {
      idle(0, 0);
      return;
    }
    if (hasWaitedLong()) {
      waits(true);
      long others = progress.changes();
      if (others == othersSeen && progress.allWait()) {
        throw Faults.deadlock(deadlockText(), waiting());
      }
      othersSeen = others;
    }
  }

  private boolean hasWaitedLong() {
    return idlePolls > executor.options().maxIdlePolls()
        || idleSince != 0 && System.nanoTime() - idleSince > MAX_IDLE_NANOS;
  }

  private String deadlockText() {
    String text = "all threads wait for a change of memory that does not come";
    return resident.size() < mostClusters || progress.isLast()
        ? text
        : text + " from " + resident.size() + " clusters, the most that may run together";
  }

  private List<WarpRun> waiting() {
    return resident.stream().flatMap(cluster -> cluster.unfinished().stream()).toList();
  }
}
