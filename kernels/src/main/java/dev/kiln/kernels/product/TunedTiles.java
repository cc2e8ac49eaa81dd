package dev.kiln.kernels.product;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Tiles to choose from by measurement. */
final class TunedTiles {
  private static final int LEAST = 16;
  private static final int MOST_ON_CPU = 512;
  private static final int MOST_ON_GPU = 256;

  /** What a program of a GPU can hold of the result in registers, with 8 warps. */
  private static final int MOST_ELEMENTS = 128 * 256;

  private TunedTiles() {}

  /** The tiles that would be taken without tuning, and after them their neighbours. */
  static List<TritonConfig> around(MatmulTiles tiles, Device device) {
    boolean isGpu = device.target().isGpu();
    Set<MatmulTiles> all = new LinkedHashSet<>();
    all.add(tiles);
    add(all, tiles, tiles.m() / 2, tiles.n(), tiles.k(), isGpu);
    add(all, tiles, tiles.m(), tiles.n() / 2, tiles.k(), isGpu);
    add(all, tiles, tiles.m() / 2, tiles.n() / 2, tiles.k(), isGpu);
    add(all, tiles, 2 * tiles.m(), tiles.n(), tiles.k(), isGpu);
    add(all, tiles, tiles.m(), 2 * tiles.n(), tiles.k(), isGpu);
    add(all, tiles, tiles.m(), tiles.n(), tiles.k() / 2, isGpu);
    add(all, tiles, tiles.m(), tiles.n(), 2 * tiles.k(), isGpu);
    if (isGpu) {
      for (MatmulTiles size : List.copyOf(all)) {
        all.add(size.tuned(size.warps() == 8 ? 4 : 8, size.stages()));
        all.add(size.tuned(size.warps(), size.stages() + 1));
      }
    }
    List<TritonConfig> configs = new ArrayList<>();
    all.forEach(each -> configs.add(config(each)));
    return configs;
  }

  private static void add(
      Set<MatmulTiles> all, MatmulTiles tiles, int m, int n, int k, boolean isGpu) {
    int most = isGpu ? MOST_ON_GPU : MOST_ON_CPU;
    boolean small = m < Math.min(LEAST, tiles.m()) || n < LEAST || k < 2 * LEAST;
    boolean large = m > most || n > most || k > most || isGpu && m * n > MOST_ELEMENTS;
    if (!small && !large) {
      all.add(
          new MatmulTiles(
              m,
              n,
              k,
              tiles.groupM(),
              tiles.splits(),
              tiles.programs(),
              tiles.warps(),
              tiles.stages()));
    }
  }

  /** The constants and options of {@code matmul_kernel}. */
  private static TritonConfig config(MatmulTiles tiles) {
    return TritonConfig.EMPTY
        .with("BLOCK_M", tiles.m())
        .with("BLOCK_N", tiles.n())
        .with("BLOCK_K", tiles.k())
        .with("GROUP_M", tiles.groupM())
        .withNumWarps(tiles.warps())
        .withNumStages(tiles.stages());
  }
}
