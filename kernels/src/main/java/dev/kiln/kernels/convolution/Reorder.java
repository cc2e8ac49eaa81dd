package dev.kiln.kernels.convolution;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;

/**
 * Copies an operand whose rows are not contiguous: every tap reads it again, and a copy is cheaper
 * than so many reads with strides.
 */
final class Reorder {
  private static final int BLOCK_ROWS = 64;
  private static final int BLOCK_COLUMNS = 64;

  private final KernelCall call;
  private final Workspace workspace;
  private final Volume copy = new Volume();

  Reorder(Device device) {
    call = new KernelCall("convolution.py", "reorder_kernel", device);
    workspace = new Workspace(device);
  }

  /** The same numbers with neighbouring elements along the second axis: NHWC for images. */
  Volume bySecond(Volume x) {
    if (x.secondStride == 1 || x.second <= 1) {
      return x;
    }
    target(x, x.first, x.second);
    copy.firstStride = x.space() * x.second;
    copy.secondStride = 1;
    run(x, x.first, x.firstStride, copy.firstStride, x.second, x.secondStride, 1);
    return copy;
  }

  /** The same numbers with neighbouring elements along the first axis. */
  Volume byFirst(Volume x) {
    if (x.firstStride == 1 || x.first <= 1) {
      return x;
    }
    target(x, x.second, x.first);
    copy.firstStride = 1;
    copy.secondStride = x.space() * x.first;
    run(x, x.second, x.secondStride, copy.secondStride, x.first, x.firstStride, 1);
    return copy;
  }

  /** The same numbers in the order first axis, second axis, space. */
  Volume inPatches(Volume x) {
    boolean isDense = x.isDenseInSpace() && x.stride[2] == 1 && x.secondStride == x.space();
    if (isDense) {
      return x;
    }
    target(x, x.first, x.second);
    patches(x, x.second * x.space(), x.space());
    run(x, x.first, x.firstStride, copy.firstStride, x.second, x.secondStride, copy.secondStride);
    return copy;
  }

  /** The same numbers in the order second axis, first axis, space. */
  Volume inPatchesOfFirst(Volume x) {
    target(x, x.second, x.first);
    patches(x, x.space(), x.first * x.space());
    run(x, x.second, x.secondStride, copy.secondStride, x.first, x.firstStride, copy.firstStride);
    return copy;
  }

  private void patches(Volume x, long firstStride, long secondStride) {
    copy.firstStride = firstStride;
    copy.secondStride = secondStride;
    long distance = 1;
    for (int axis = Volume.AXES - 1; axis >= 0; axis--) {
      copy.stride[axis] = distance;
      distance *= x.size[axis];
    }
  }

  private void target(Volume x, long slices, long columns) {
    copy.array = workspace.array(x.array.dtype(), slices, x.space(), columns);
    copy.first = x.first;
    copy.second = x.second;
    long distance = columns;
    for (int axis = Volume.AXES - 1; axis >= 0; axis--) {
      copy.size[axis] = x.size[axis];
      copy.stride[axis] = distance;
      distance *= x.size[axis];
    }
  }

  private void run(
      Volume x, long slices, long from, long to, long columns, long columnStride, long toColumn) {
    long rows = x.space();
    if (rows == 0 || slices == 0 || columns == 0) {
      return;
    }
    int blockRows = BlockSizes.around(rows, 1, BLOCK_ROWS);
    int blockColumns = BlockSizes.around(columns, 1, BLOCK_COLUMNS);
    call.start().array(x.array).array(copy.array).integer(rows).integer(columns);
    Volume.pass(call, x.size);
    call.integer(from);
    Volume.pass(call, x.stride);
    call.integer(columnStride).integer(to);
    Volume.pass(call, copy.stride);
    call.integer(toColumn)
        .constant(x.isDenseInSpace())
        .constant(blockRows)
        .constant(blockColumns)
        .over(
            Math.multiplyExact(Grid.cdiv(rows, blockRows), Grid.cdiv(columns, blockColumns)),
            Math.toIntExact(slices),
            1);
  }
}
