package dev.kiln.kernels.pooling;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Grid;

/** How the kernels here share out rows of pixels and channels among programs. */
final class TileSize {
  /** Elements of a program. */
  private static final int PROGRAM = 1 << 15;

  private static final int MOST_ROWS = 64;
  private static final int MOST_CHANNELS = 64;

  /** Elements of a tile whose rows are pixels: several narrow rows. */
  private static final int WIDTH_TILE = 512;

  private TileSize() {}

  /** Passes a kernel's last constants, and launches it. */
  static void over(KernelCall call, long rows, long width, long channels, boolean isWidthLast) {
    int blockWidth = BlockSizes.around(width, isWidthLast ? 16 : 1, isWidthLast ? 128 : 16);
    int blockChannels =
        BlockSizes.around(channels, 1, isWidthLast ? WIDTH_TILE / blockWidth : MOST_CHANNELS);
    int rowsOfProgram =
        BlockSizes.around(Math.min(rows, PROGRAM / (blockWidth * blockChannels)), 1, MOST_ROWS);
    int tiles =
        Math.multiplyExact(Grid.cdiv(width, blockWidth), Grid.cdiv(channels, blockChannels));
    call.constant(isWidthLast)
        .constant(rowsOfProgram)
        .constant(blockWidth)
        .constant(blockChannels)
        .over(Math.multiplyExact(Grid.cdiv(rows, rowsOfProgram), tiles));
  }
}
