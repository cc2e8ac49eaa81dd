package dev.kiln.runtime.sim.exec;

/**
 * How many blocks and threads a launch has along each axis. Extents are at least 1, and the
 * cluster's divide the grid's.
 *
 * @param explicitCluster whether the launch or the kernel asked for clusters
 * @param dynamicShared bytes
 */
public record LaunchShape(
    int gridX,
    int gridY,
    int gridZ,
    int blockX,
    int blockY,
    int blockZ,
    int clusterX,
    int clusterY,
    int clusterZ,
    boolean explicitCluster,
    long dynamicShared) {
  /** Blocks and threads along the first axis only. */
  public static LaunchShape of(int blocks, int threads) {
    return new LaunchShape(blocks, 1, 1, threads, 1, 1, 1, 1, 1, false, 0);
  }

  /** Threads of a block. */
  public int threads() {
    return blockX * blockY * blockZ;
  }

  /** Warps of a block; the last may be short. */
  public int warps() {
    return (threads() + Warp.LANES - 1) / Warp.LANES;
  }

  /** Blocks of a cluster. */
  public int clusterSize() {
    return clusterX * clusterY * clusterZ;
  }

  /** Clusters of the grid. */
  public long clusters() {
    return (long) (gridX / clusterX) * (gridY / clusterY) * (gridZ / clusterZ);
  }
}
