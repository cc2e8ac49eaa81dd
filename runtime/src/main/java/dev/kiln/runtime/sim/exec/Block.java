package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.memory.Region;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A thread block (CTA) while it runs. Created by the executor; the fields that steps use are public
 * and final.
 */
public final class Block {
  public final GridRun grid;
  public final Cluster cluster;

  /** Rank within the cluster. */
  public final int rank;

  /** {@code %ctaid}. */
  public final int x;

  public final int y;
  public final int z;

  /** Shared memory: static variables, then the dynamic part. Addresses count from 0. */
  public final Region shared;

  /** All threads have exited, and shared memory is nobody's any more. Set by the executor. */
  public boolean exited;

  /** The barriers of {@code barrier.cta}. */
  public final BlockBarriers barriers = new BlockBarriers(this);

  /** Its warps, once they have been made. */
  Warp[] warps = {};

  private final Map<Attachment<Block, ?>, Object> attachments = new IdentityHashMap<>();

  public Block(GridRun grid, Cluster cluster, int rank, int x, int y, int z, Region shared) {
    this.grid = grid;
    this.cluster = cluster;
    this.rank = rank;
    this.x = x;
    this.y = y;
    this.z = z;
    this.shared = shared;
  }

  /** One of its warps; {@code null} if there is none of that number. */
  public Warp warp(int index) {
    return index < warps.length ? warps[index] : null;
  }

  /** A family's state for this block. */
  @SuppressWarnings("unchecked") // the key's type says what was put there
  public <T> T attached(Attachment<Block, T> key) {
    Object state = attachments.get(key);
    if (state == null) {
      state = key.create().apply(this);
      attachments.put(key, state);
    }
    return (T) state;
  }

  /** Lanes of a warp have exited, for whom nobody has to wait any more. */
  void exited(Warp warp) {
    barriers.exited(warp);
    cluster.barrier.exited();
    if (warp.present() == 0) {
      exited = Arrays.stream(warps).allMatch(other -> other.present() == 0);
    }
  }
}
