package dev.kiln.kernels.product;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;

/**
 * How a product is cut into programs.
 *
 * @param m rows of a program's tile of the result, a power of two
 * @param n columns, a power of two
 * @param k how much of K is loaded at a time, a power of two; at least 32 for dtypes of 8 bits, 16
 *     for those of 16
 * @param groupM rows of tiles in a group of programs that share tiles in the cache
 * @param splits into how many parts K is cut, each with programs of its own
 * @param programs that walk over all tiles; 0 for one program for each tile
 * @param warps of a program on a GPU
 * @param stages of its software pipeline
 */
public record MatmulTiles(
    int m, int n, int k, int groupM, int splits, int programs, int warps, int stages) {
  private static final int GROUP_M = 8;
  private static final int CPU_M = 128;
  private static final int CPU_N = 256;
  private static final int CPU_K = 256;

  /** Fewer programs than this leave threads idle at the end. */
  private static final int ENOUGH_PROGRAMS = 8;

  /** Tiles are not made smaller than this for the sake of more programs. */
  private static final int SMALL = 64;

  /** K is split if there are few tiles, and into parts of at least so much. */
  private static final int LONG_K = 2048;

  /**
   * @throws dev.kiln.runtime.KilnException if a size is no power of two, or a number is too small,
   *     or programs and splits are both asked for
   */
  public MatmulTiles {
    power("m", m);
    power("n", n);
    power("k", k);
    atLeast("groupM", groupM, 1);
    atLeast("splits", splits, 1);
    atLeast("programs", programs, 0);
    atLeast("warps", warps, 1);
    atLeast("stages", stages, 1);
    if (programs > 0 && splits > 1) {
      throw Check.fault("MatmulTiles", "programs", "must be 0 where K is split");
    }
  }

  private static void power(String name, int value) {
    if (Integer.bitCount(value) != 1 || value < 0) {
      throw Check.fault("MatmulTiles", name, "must be a power of two, but is " + value);
    }
  }

  private static void atLeast(String name, int value, int least) {
    if (value < least) {
      throw Check.fault("MatmulTiles", name, "must be at least " + least + ", but is " + value);
    }
  }

  /** Tiles of a size, a program for each. */
  public static MatmulTiles of(int m, int n, int k) {
    return new MatmulTiles(m, n, k, GROUP_M, 1, 0, 4, 3);
  }

  /** K cut into parts. */
  public MatmulTiles withSplits(int newSplits) {
    return new MatmulTiles(m, n, k, groupM, newSplits, programs, warps, stages);
  }

  /** A fixed number of programs; 0 for one program for each tile. */
  public MatmulTiles withPrograms(int newPrograms) {
    return new MatmulTiles(m, n, k, groupM, splits, newPrograms, warps, stages);
  }

  /** Warps and stages for a GPU. */
  public MatmulTiles tuned(int newWarps, int newStages) {
    return new MatmulTiles(m, n, k, groupM, splits, programs, newWarps, newStages);
  }

  /** Tiles of the result of one product. */
  int count(long rows, long columns) {
    return Math.multiplyExact(Grid.cdiv(rows, m), Grid.cdiv(columns, n));
  }

  /** For products of {@code batch} times {@code m x k} by {@code k x n} on a device. */
  static MatmulTiles choose(Device device, DType dtype, long batch, long m, long n, long k) {
    int leastK = dtype.bits() == 8 ? 32 : 16;
    if (device.target().isGpu()) {
      return gpu(dtype, m, n, k, leastK);
    }
    int blockM = BlockSizes.around(m, 1, CPU_M);
    int blockN = BlockSizes.around(n, 16, CPU_N);
    while (few(batch, m, n, blockM, blockN) && Math.max(blockM, blockN) > SMALL) {
      if (blockN >= blockM) {
        blockN /= 2;
      } else {
        blockM /= 2;
      }
    }
    MatmulTiles tiles = of(blockM, blockN, BlockSizes.around(k, leastK, CPU_K));
    boolean splits = few(batch, m, n, blockM, blockN) && k >= 2 * LONG_K;
    return splits ? tiles.withSplits((int) Math.min(ENOUGH_PROGRAMS, k / LONG_K)) : tiles;
  }

  private static boolean few(long batch, long m, long n, int blockM, int blockN) {
    return batch * Grid.cdiv(m, blockM) * Grid.cdiv(n, blockN) < ENOUGH_PROGRAMS;
  }

  private static MatmulTiles gpu(DType dtype, long m, long n, long k, int leastK) {
    boolean wide = dtype.bits() > 16;
    int most = wide ? 64 : 128;
    int blockM = BlockSizes.around(m, 16, most);
    int blockN = BlockSizes.around(n, 16, most);
    int blockK = BlockSizes.around(k, leastK, dtype.bits() == 8 ? 64 : 32);
    return of(blockM, blockN, blockK).tuned(blockM * blockN > 64 * 64 ? 8 : 4, 3);
  }
}
