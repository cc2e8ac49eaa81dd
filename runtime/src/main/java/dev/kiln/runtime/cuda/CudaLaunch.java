package dev.kiln.runtime.cuda;

import dev.kiln.runtime.Grid;
import java.util.Optional;

/**
 * Shape of a launch of a {@link CudaFunction}.
 *
 * @param grid blocks
 * @param block threads of a block
 * @param sharedBytes dynamic shared memory of a block
 * @param cluster blocks of a cluster; empty for what the function asks for, or none
 * @param cooperative whether all blocks run at the same time, and may wait for each other
 */
public record CudaLaunch(
    Grid grid, Grid block, int sharedBytes, Optional<Grid> cluster, boolean cooperative) {
  /** Without dynamic shared memory and clusters. */
  public static CudaLaunch of(Grid grid, Grid block) {
    return new CudaLaunch(grid, block, 0, Optional.empty(), false);
  }

  /** Along the first axis only. */
  public static CudaLaunch of(int blocks, int threads) {
    return of(Grid.of(blocks), Grid.of(threads));
  }

  public CudaLaunch withShared(int bytes) {
    return new CudaLaunch(grid, block, bytes, cluster, cooperative);
  }

  public CudaLaunch withCluster(Grid blocks) {
    return new CudaLaunch(grid, block, sharedBytes, Optional.of(blocks), cooperative);
  }

  public CudaLaunch asCooperative() {
    return new CudaLaunch(grid, block, sharedBytes, cluster, true);
  }

  @Override
  public String toString() {
    return "grid %s, block %s%s%s%s"
        .formatted(
            grid,
            block,
            sharedBytes == 0 ? "" : ", " + sharedBytes + " bytes of dynamic shared memory",
            cluster.map(size -> ", clusters of " + size).orElse(""),
            cooperative ? ", cooperative" : "");
  }
}
