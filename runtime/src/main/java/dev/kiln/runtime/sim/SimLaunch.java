package dev.kiln.runtime.sim;

import dev.kiln.runtime.Grid;
import java.util.Optional;

/**
 * Shape of a launch.
 *
 * @param grid blocks
 * @param block threads of a block
 * @param dynamicShared bytes of {@code .extern .shared} memory
 * @param cluster blocks of a cluster; empty for what the kernel asks for, or none
 */
public record SimLaunch(Grid grid, Grid block, long dynamicShared, Optional<Grid> cluster) {
  /** Without dynamic shared memory and clusters. */
  public static SimLaunch of(Grid grid, Grid block) {
    return new SimLaunch(grid, block, 0, Optional.empty());
  }

  /** Along the first axis only. */
  public static SimLaunch of(int blocks, int threads) {
    return of(Grid.of(blocks), Grid.of(threads));
  }

  public SimLaunch withShared(long bytes) {
    return new SimLaunch(grid, block, bytes, cluster);
  }

  public SimLaunch withCluster(Grid blocks) {
    return new SimLaunch(grid, block, dynamicShared, Optional.of(blocks));
  }
}
