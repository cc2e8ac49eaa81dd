package dev.kiln.runtime.sim.monitor.race;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.memory.Access;

/** A memory instruction that a warp has executed once, or a part of an asynchronous operation. */
final class AccessEvent {
  final WarpState warp;

  /** Ascending in the launch. */
  final long number;

  /** Number among the warp's; the same for accesses between which it let nobody know anything. */
  final int event;

  final Step step;
  final boolean writes;
  final boolean reads;

  /** Volatile, relaxed or more, or atomic. */
  final boolean strong;

  final Access.Scope scope;
  final Access.Agent agent;
  final int bytes;

  /** {@code null} for the threads themselves. */
  final Operation operation;

  AccessEvent(long number, WarpState warp, int event, Access access, Operation operation) {
    this.number = number;
    this.warp = warp;
    this.event = event;
    this.step = access.step;
    this.writes = access.writes;
    this.reads = access.reads;
    this.strong = access.atomic || access.order != Access.Order.WEAK;
    // Volatile accesses are relaxed ones of the whole system.
    this.scope = access.order == Access.Order.VOLATILE ? Access.Scope.SYSTEM : access.scope;
    this.agent = access.agent;
    this.bytes = access.bytes;
    this.operation = operation;
  }

  /** Whether it goes through the asynchronous proxy. */
  boolean isAsyncProxy() {
    return isAsyncProxy(agent);
  }

  static boolean isAsyncProxy(Access.Agent agent) {
    return agent == Access.Agent.BULK || agent == Access.Agent.WGMMA;
  }

  /** Whether two may touch the same place at the same time: both strong, in scope, same proxy. */
  boolean isMorallyStrong(AccessEvent other) {
    return strong
        && other.strong
        && isAsyncProxy() == other.isAsyncProxy()
        && reaches(other)
        && other.reaches(this);
  }

  /** Whether its scope holds the other's thread. */
  boolean reaches(AccessEvent other) {
    return WarpState.reaches(scope, warp.block, other.warp.block);
  }
}
