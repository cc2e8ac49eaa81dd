package dev.kiln.runtime.sim.monitor;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Region;

/**
 * Hears of everything that a launch does, in the order in which it happens. Methods are called by
 * the thread that runs the block; with several threads, each has a monitor of its own.
 */
public interface Monitor {
  /** Whether {@link #issues} is to be called, which costs time at each step. Must not change. */
  default boolean hearsIssues() {
    return true;
  }

  /** Whether {@link #accesses} is to be called. Must not change. */
  default boolean hearsAccesses() {
    return true;
  }

  /** A block is about to run its first step. */
  default void blockBegins(Block block) {}

  /** All of a block's threads have exited and its asynchronous operations are done. */
  default void blockEnds(Block block) {}

  /**
   * A warp issues a step.
   *
   * @param path the lanes of the path that issues it, {@code active} those that the guard leaves;
   *     may be 0, and the step is then not run
   */
  default void issues(Warp warp, Step step, int path, int active) {}

  /** A branch sent some of {@code active} one way and some another. */
  default void diverges(Warp warp, Step step, int active, int taken) {}

  /** Memory is about to be read or written. Called for asynchronous operations when they happen. */
  default void accesses(Access access) {}

  /**
   * Some lanes of an access read bytes that nobody has written. Called after {@link #accesses}, and
   * only where writes are tracked.
   *
   * @param lanes those that do
   * @param region where the first of them reads
   */
  default void readsUnwritten(Access access, int lanes, Region region) {}

  /**
   * {@code shfl} gives some lanes the register of lanes that do not take part: nothing defined.
   *
   * @param lanes those that read it
   */
  default void shufflesFromAbsent(Warp warp, Step step, int lanes) {}

  /** The lanes have met at {@code bar.warp.sync} or another step that orders memory among them. */
  default void warpSyncs(Warp warp, Step step, int lanes) {}

  /** Lanes arrive at barrier {@code id} of their block ({@code bar.arrive} does not wait). */
  default void barrierArrives(Warp warp, Step step, int lanes, int id, boolean waits) {}

  /** Barrier {@code id} has been completed by all its participants; those that wait go on. */
  default void barrierCompletes(Block block, int id) {}

  /** Lanes arrive at the barrier of the cluster. */
  default void clusterArrives(Warp warp, Step step, int lanes, Access.Order order) {}

  /** All threads of the cluster have arrived. */
  default void clusterCompletes(Block anyOfCluster) {}

  /** Lanes go on after having waited at the barrier of the cluster. */
  default void clusterWaited(Warp warp, Step step, int lanes, Access.Order order) {}

  /** {@code fence}, {@code membar}. */
  default void fences(Warp warp, Step step, int lanes, Access.Order order, Access.Scope scope) {}

  /** {@code fence.proxy.async} and kin: orders the generic and the asynchronous proxy. */
  default void proxyFences(Warp warp, Step step, int lanes) {}

  /**
   * An mbarrier is initialised, arrived at, waited for with success, or made invalid.
   *
   * @param owner the block whose shared memory holds it
   * @param address its offset there
   * @param lanes who does it; 0 if an asynchronous operation's completion does
   */
  default void mbarrier(
      Warp warp, Step step, int lanes, Block owner, long address, MbarrierEvent event) {}

  /** An asynchronous operation begins: it may touch memory from now on. */
  default void asyncBegins(AsyncOperation operation) {}

  /**
   * Lanes put the {@code cp.async}, bulk or {@code wgmma} operations that they have issued since
   * they last did so into a group, to be waited for.
   */
  default void asyncCommits(Warp warp, Step step, int lanes, Access.Agent agent) {}

  /**
   * It has moved its bytes and is about to tell an mbarrier so. Called before {@link #asyncEnds},
   * once for each of its mbarriers.
   *
   * @param owner the block whose shared memory holds it
   * @param address its offset there
   */
  default void asyncSignals(AsyncOperation operation, Block owner, long address) {}

  /**
   * Lanes are about to wait until at most so many of their latest groups are left.
   *
   * @param left number of groups, 0 for all
   */
  default void asyncWaits(Warp warp, Step step, int lanes, Access.Agent agent, int left) {}

  /** It has touched memory for the last time (its accesses came between). */
  default void asyncEnds(AsyncOperation operation) {}

  /** The issuing lanes have waited for it (group or wgmma waits; not mbarriers). */
  default void asyncAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {}

  /** The issuing lanes have waited for its reads only: {@code cp.async.bulk.wait_group.read}. */
  default void asyncSourceAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {}

  /** {@code setmaxnreg}. */
  default void setsRegisters(Warp warp, Step step) {}

  /** Lanes exit. */
  default void exits(Warp warp, int lanes) {}

  /** What happens to an mbarrier. */
  enum MbarrierEvent {
    INITIALISES,
    ARRIVES,
    /** {@code expect_tx} by itself; with an arrival it is part of that. */
    EXPECTS,
    /** {@code cp.async.mbarrier.arrive}: an arrival will follow the lanes' copies. */
    TRACKS_COPIES,
    /** Bytes or a pending arrival counted down by an asynchronous operation. */
    COMPLETES_ASYNC,
    PHASE_COMPLETES,
    WAITED,
    INVALIDATES
  }

  /**
   * An asynchronous operation.
   *
   * @param number unique in the launch, ascending
   * @param lanes of the warp that issued it
   */
  record AsyncOperation(long number, Access.Agent agent, Warp warp, int lanes, Step step) {}
}
