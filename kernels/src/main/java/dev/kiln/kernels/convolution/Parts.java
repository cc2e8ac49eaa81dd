package dev.kiln.kernels.convolution;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Partial sums of a weight gradient, {@code parts x taps x in x out}, and what adds them up. Seen
 * as a {@link Volume}, so that a kernel writes them like the gradient itself.
 */
final class Parts {
  private static final int BLOCK = 256;

  final Volume volume = new Volume();
  private final KernelCall call;
  private final Workspace workspace;
  private long count;
  private long size;

  Parts(Device device) {
    call = new KernelCall("convolution_gradient.py", "sum_parts_kernel", device);
    workspace = new Workspace(device);
  }

  /**
   * Where the shares of so many parts are to be written: with one part, the gradient itself.
   *
   * @return the volume to write; {@link #stride} apart for each part
   */
  Volume of(Volume gradient, DType compute, long parts) {
    count = parts;
    size = gradient.space() * gradient.first * gradient.second;
    if (parts == 1) {
      return gradient;
    }
    volume.array =
        workspace.array(compute, parts, gradient.space(), gradient.second, gradient.first);
    volume.first = gradient.first;
    volume.second = gradient.second;
    volume.firstStride = 1;
    volume.secondStride = gradient.first;
    long distance = gradient.first * gradient.second;
    for (int axis = Volume.AXES - 1; axis >= 0; axis--) {
      volume.size[axis] = gradient.size[axis];
      volume.stride[axis] = distance;
      distance *= gradient.size[axis];
    }
    return volume;
  }

  /**
   * Where parts are to be written in the order out, in, taps, one behind the other; with one part
   * and contiguous weights, the gradient itself.
   */
  NdArray ofPatches(Volume gradient, DType compute, long parts) {
    long taps = gradient.space();
    count = parts;
    size = taps * gradient.first * gradient.second;
    if (parts == 1 && isInPatches(gradient)) {
      return gradient.array;
    }
    return workspace.array(compute, parts, size);
  }

  /** Adds up the parts of {@link #ofPatches}. */
  void sumPatches(NdArray written, Volume gradient, DType compute) {
    if (written == gradient.array) {
      return;
    }
    boolean isFlat = isInPatches(gradient);
    long columns = isFlat ? size : gradient.space();
    int block = BlockSizes.around(columns, 16, BLOCK);
    call.start().array(written).array(gradient.array).integer(count).integer(size);
    call.integer(isFlat ? 1 : gradient.second).integer(columns).integer(1).integer(1);
    call.integer(gradient.firstStride).integer(0).integer(0).integer(gradient.secondStride);
    call.integer(isFlat ? 1 : gradient.stride[2])
        .constant(compute)
        .constant(block)
        .over(Math.multiplyExact(Math.toIntExact(size / columns), Grid.cdiv(columns, block)));
  }

  private static boolean isInPatches(Volume gradient) {
    return gradient.isDenseInSpace()
        && gradient.stride[2] == 1
        && gradient.secondStride == gradient.space()
        && gradient.firstStride == gradient.space() * gradient.second;
  }

  /** Elements of a part. */
  long stride() {
    return size;
  }

  /** Adds the parts up, unless there is but one. */
  void sum(Volume gradient, DType compute) {
    if (count == 1) {
      return;
    }
    int block = BlockSizes.around(gradient.first, 16, BLOCK);
    call.start()
        .array(volume.array)
        .array(gradient.array)
        .integer(count)
        .integer(size)
        .integer(gradient.second)
        .integer(gradient.first)
        .integer(gradient.size[1])
        .integer(gradient.size[2]);
    Volume.pass(call, gradient.stride);
    call.integer(gradient.secondStride)
        .integer(gradient.firstStride)
        .constant(compute)
        .constant(block)
        .over(
            Math.multiplyExact(
                Math.toIntExact(gradient.space() * gradient.second),
                Grid.cdiv(gradient.first, block)));
  }
}
