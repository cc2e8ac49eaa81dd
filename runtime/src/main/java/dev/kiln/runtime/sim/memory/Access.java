package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.monitor.Monitor.AsyncOperation;
import dev.kiln.runtime.sim.ptx.Space;

/**
 * One memory access of a warp, or of an asynchronous operation on its behalf. Reused: a listener
 * must copy what it keeps.
 */
public final class Access {
  /** Who touches memory. */
  public enum Agent {
    /** The threads themselves. */
    THREAD,
    /** {@code cp.async}, in the generic proxy, at some time before it is waited for. */
    COPY,
    /** {@code cp.async.bulk}, tensors included: the asynchronous proxy. */
    BULK,
    /** {@code wgmma}: the asynchronous proxy. */
    WGMMA
  }

  /** Memory order. */
  public enum Order {
    WEAK,
    VOLATILE,
    RELAXED,
    ACQUIRE,
    RELEASE,
    ACQUIRE_RELEASE
  }

  /** How far an order reaches. */
  public enum Scope {
    CTA,
    CLUSTER,
    GPU,
    SYSTEM
  }

  public Warp warp;
  public Step step;

  /** GLOBAL, SHARED (own block), SHARED_CLUSTER (another's), LOCAL, CONST or PARAM; resolved. */
  public Space space;

  /** The lanes that take part. */
  public int mask;

  /**
   * For each lane in the mask: the address in its space (an offset for SHARED and LOCAL; rank and
   * offset for SHARED_CLUSTER).
   */
  public final long[] addresses = new long[Warp.LANES];

  /** Bytes for each lane. */
  public int bytes;

  public boolean reads;
  public boolean writes;
  public boolean atomic;
  public Order order = Order.WEAK;
  public Scope scope = Scope.SYSTEM;
  public Agent agent = Agent.THREAD;

  /** The asynchronous operation that accesses memory; {@code null} for the threads themselves. */
  public AsyncOperation operation;
}
