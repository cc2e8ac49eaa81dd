package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntFunction;

/**
 * Runs a launch: hands clusters out to host threads in ascending order.
 *
 * <p>Clusters run one after the other on one thread where the outcome depends on their order. A
 * thread whose clusters all wait begins the next cluster beside them, up to a limit, so blocks may
 * wait for blocks with higher numbers.
 */
public final class Executor {
  /** Stands for the launch as a whole where a cluster's number is asked for. */
  static final long ALL_CLUSTERS = -1;

  private final Code code;
  private final GridRun grid;
  private final ExecutorOptions options;

  public Executor(Code code, GridRun grid, ExecutorOptions options) {
    this.code = code;
    this.grid = grid;
    this.options = options;
  }

  /** How many host threads a run takes. */
  public int threads() {
    boolean ordered = code.ordersBlocks() && !options.relaxedOrder();
    boolean one = ordered || options.seed().isPresent();
    return one ? 1 : (int) Math.min(Math.max(1, options.threads()), grid.shape.clusters());
  }

  /**
   * Runs every block to its end.
   *
   * @param monitors one for each host thread; may give {@code null}
   * @return warp instructions that were run
   * @throws dev.kiln.runtime.sim.SimFault if the launch stopped; the first fault if there are
   *     several
   */
  public long run(IntFunction<? extends Monitor> monitors) {
    int count = threads();
    Progress progress = new Progress(grid.shape.clusters(), options, count);
    List<Thread> helpers = new ArrayList<>();
    for (int i = 1; i < count; i++) {
      Worker worker = new Worker(this, progress, monitors.apply(i));
      Thread thread =
          Thread.ofPlatform().daemon().name("kiln-sim-" + i).unstarted(() -> worker.run());
      thread.start();
      helpers.add(thread);
    }
    new Worker(this, progress, monitors.apply(0)).run();
    for (Thread helper : helpers) {
      join(helper, progress);
    }
    progress.rethrow();
    return progress.steps();
  }

  private static void join(Thread helper, Progress progress) {
    boolean interrupted = false;
    while (helper.isAlive()) {
      try {
        helper.join();
      } catch (InterruptedException e) {
        interrupted = true;
        progress.fail(Faults.limit("the launch was cancelled"), ALL_CLUSTERS);
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  Code code() {
    return code;
  }

  GridRun grid() {
    return grid;
  }

  ExecutorOptions options() {
    return options;
  }

  int maxCallDepth() {
    return options.maxCallDepth();
  }

  Interleaving interleaving(long cluster) {
    return options.seed().isPresent()
        ? new Interleaving(options.seed().getAsLong(), cluster)
        : new Interleaving();
  }

  /**
   * Clusters that a host thread may run side by side: as many as the options allow, and as have
   * room for their registers and local memory in a quarter of the heap.
   */
  int mostClusters() {
    LaunchShape shape = grid.shape;
    Program program = code.program();
    long thread = 4L * program.words() + 8L * program.wides() + program.localBytes();
    long bytes = Math.max(1, shape.warps() * shape.clusterSize() * thread * Warp.LANES);
    long room = Runtime.getRuntime().maxMemory() / 4 / bytes;
    long most = Math.min(options.maxResidentBlocks() / shape.clusterSize(), room) / threads();
    return (int) Math.max(1, most);
  }

  /** What the host threads of a launch share. */
  static final class Progress {
    private final long clusters;
    private final long maxSteps;
    private final long deadline;
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong steps = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private final long maxNanos;
    private final int threads;
    private final AtomicInteger waiting = new AtomicInteger();
    private volatile Throwable failure;
    private volatile long failedCluster = Long.MAX_VALUE;

    Progress(long clusters, ExecutorOptions options, int threads) {
      this.clusters = clusters;
      this.threads = threads;
      this.maxSteps = options.maxSteps();
      this.maxNanos = options.maxNanos();
      this.deadline = System.nanoTime() + maxNanos;
    }

    /** The number of the next cluster; -1 if there is none. */
    long nextCluster() {
      if (next.get() >= clusters || failure != null) {
        return -1;
      }
      long number = next.getAndIncrement();
      return number < clusters ? number : -1;
    }

    /** Whether every cluster has been begun. */
    boolean isLast() {
      return next.get() >= clusters;
    }

    /**
     * Whether a cluster need not go on, because one before it has failed. Clusters before that one
     * do go on, so that it is always the same fault that is reported.
     */
    boolean stops(long cluster) {
      return failedCluster <= cluster;
    }

    /** Notes steps that were run, and stops the launch at its limits. */
    void ran(long count, boolean changed) {
      long sum = steps.addAndGet(count);
      if (changed) {
        changes.lazySet(changes.get() + 1);
      }
      if (maxSteps > 0 && sum > maxSteps) {
        throw Faults.limit("the launch ran more than %,d warp instructions".formatted(maxSteps));
      }
      checkTime();
    }

    /** Stops the launch where its time is over, or somebody wants it to stop. */
    void checkTime() {
      if (maxNanos > 0 && System.nanoTime() - deadline > 0) {
        throw Faults.limit("the launch took more than %,d ms".formatted(maxNanos / 1_000_000));
      }
      if (Thread.currentThread().isInterrupted()) {
        throw Faults.limit("the launch was cancelled");
      }
    }

    /** Moves whenever some thread has seen memory change. */
    long changes() {
      return changes.get();
    }

    /** A thread has begun, or ceased, to do nothing but wait; one that has ended waits. */
    void waits(boolean begun) {
      waiting.addAndGet(begun ? 1 : -1);
    }

    /** Whether no thread does anything that another could be waiting for. */
    boolean allWait() {
      return waiting.get() == threads;
    }

    long steps() {
      return steps.get();
    }

    /** A cluster has failed, or {@link #ALL_CLUSTERS}. */
    synchronized void fail(Throwable t, long cluster) {
      if (cluster < failedCluster) {
        failedCluster = cluster;
        failure = t;
      }
    }

    void rethrow() {
      Throwable t = failure;
      if (t instanceof RuntimeException e) {
        throw e;
      }
      if (t instanceof Error e) {
        throw e;
      }
    }
  }
}
