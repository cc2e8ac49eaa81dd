package dev.kiln.kernels.pooling;

import dev.kiln.kernels.convolution.Volume;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/** The kernels of pooling, of arrays that have been checked. */
final class PoolingKernels {
  private static final String FILE = "pooling.py";

  /** Taps along a row that are written out one by one. */
  private static final int MOST_TAPS = 8;

  /** Taps of a window that are all written out, so that the maximum stays in registers. */
  private static final int MOST_UNROLLED = 9;

  private static final int MOST_UNROLLED_OF_SMALL_FLOATS = 4;

  /** Windows that cover an element, all written out, too. */
  private static final int MOST_COVERS = 4;

  /** Tiles of the kernel that pools everything. */
  private static final int ALL_PIXELS = 1024;

  private static final int ALL_TILE = 4096;

  private final boolean isMax;
  private final KernelCall forward;
  private final KernelCall backward;
  private final KernelCall all;
  private final WindowGrid windows = new WindowGrid();
  private final Volume x = new Volume();
  private final Volume y = new Volume();

  PoolingKernels(boolean isMax, Device device) {
    this.isMax = isMax;
    forward = new KernelCall(FILE, "pool_forward_kernel", device).tuned(4, 1);
    backward = new KernelCall(FILE, "pool_backward_kernel", device).tuned(4, 1);
    all = new KernelCall(FILE, "pool_all_kernel", device).tuned(4, 1);
  }

  void forward(NdArray wide, PoolingOptions options, NdArray narrow, NdArray places) {
    if (narrow.size() == 0) {
      return;
    }
    windows.of(options, x.of(wide), y.of(narrow));
    if (takesAll()) {
      forwardOfAll(options, places);
      return;
    }
    forward.start().array(wide).array(narrow).array(places);
    long rows = y.first * y.size[0] * y.size[1];
    pass(forward, rows, options);
    long size = windows.size[2];
    boolean isWritten = size <= MOST_TAPS;
    long outer = windows.size[0] * windows.size[1];
    int most = wide.dtype().bytes() < 4 ? MOST_UNROLLED_OF_SMALL_FLOATS : MOST_UNROLLED;
    forward
        .constant((int) windows.move[2])
        .constant(isMax)
        .constant(places != null)
        .constant(windows.isAdaptive)
        .constant(options.countsPadding())
        .constant(x.compute())
        .constant(isWritten ? (int) size : 1)
        .constant(isWritten && outer * size <= most ? (int) outer : 0);
    TileSize.over(forward, rows, y.size[2], x.second, x.secondStride != 1);
  }

  /** Whether there is one window over all pixels, and these are neighbours in memory. */
  private boolean takesAll() {
    boolean takesAll = x.secondStride != 1 && x.isDenseInSpace();
    for (int i = 0; i < Volume.AXES; i++) {
      takesAll &= windows.size[i] == x.size[i] && windows.pad[i] == 0 && windows.step[i] == 1;
    }
    return takesAll;
  }

  private void forwardOfAll(PoolingOptions options, NdArray places) {
    int blockPixels = BlockSizes.around(x.space(), 16, ALL_PIXELS);
    int blockChannels = BlockSizes.around(x.second, 1, ALL_TILE / blockPixels);
    all.start().array(x.array).array(y.array).array(places).integer(x.second).integer(x.space());
    all.integer(x.firstStride).integer(x.secondStride).integer(x.stride[2]);
    all.integer(y.firstStride)
        .integer(y.secondStride)
        .number(x.compute(), options.divisor() == 0 ? x.space() : options.divisor())
        .constant(isMax)
        .constant(places != null)
        .constant(x.compute())
        .constant(blockChannels)
        .constant(blockPixels)
        .over(Grid.cdiv(x.second, blockChannels), Math.toIntExact(x.first), 1);
  }

  void backward(NdArray narrow, NdArray places, PoolingOptions options, NdArray wide) {
    if (wide.size() == 0) {
      return;
    }
    windows.of(options, x.of(wide), y.of(narrow));
    backward.start().array(narrow).array(places).array(wide);
    long rows = x.first * x.size[0] * x.size[1];
    pass(backward, rows, options);
    long covers = windows.covers[2];
    boolean isWritten =
        !windows.isAdaptive && covers * windows.covers[0] * windows.covers[1] <= MOST_COVERS;
    backward
        .constant((int) windows.move[2])
        .constant(isMax)
        .constant(windows.isAdaptive)
        .constant(options.countsPadding())
        .constant(x.compute())
        .constant((int) covers)
        .constant(covers == y.size[2])
        .constant((int) windows.covers[1])
        .constant(isWritten ? (int) (windows.covers[0] * windows.covers[1]) : 0);
    long width = Math.ceilDiv(x.size[2] + windows.pad[2], windows.move[2]);
    TileSize.over(backward, rows, width, x.second, x.secondStride != 1);
  }

  private void pass(KernelCall call, long rows, PoolingOptions options) {
    call.integer(x.second);
    Volume.pass(call, x.size);
    call.integer(rows);
    Volume.pass(call, y.size);
    Volume.pass(call, windows.size);
    call.integer(x.firstStride);
    Volume.pass(call, x.stride);
    call.integer(x.secondStride).integer(y.firstStride);
    Volume.pass(call, y.stride);
    call.integer(y.secondStride).integer(windows.move[0]).integer(windows.move[1]);
    Volume.pass(call, windows.pad);
    Volume.pass(call, windows.step);
    if (options.divisor() == 0 || isMax) {
      call.array(null);
    } else {
      call.number(x.compute(), options.divisor());
    }
  }
}
