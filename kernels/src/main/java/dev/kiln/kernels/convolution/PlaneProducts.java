package dev.kiln.kernels.convolution;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/** Sums over taps and channels by {@code convolution_planes.py}. */
final class PlaneProducts {
  private static final int MOST_CHANNELS = 64;
  private static final int MOST_PATCHES = 2048;

  private final KernelCall call;
  private final Planes planes;

  PlaneProducts(Device device) {
    call = new KernelCall("convolution_planes.py", "plane_convolution_kernel", device);
    planes = new Planes(device);
  }

  /**
   * {@code y} from {@code x}.
   *
   * @param w {@code out x in x taps}, contiguous but for the distance of rows
   */
  void run(
      Volume x,
      NdArray w,
      long rowStride,
      TapGrid taps,
      PlaneShape shape,
      ConvolutionEpilogue epilogue,
      Volume y) {
    long height = taps.results[1];
    NdArray images = planes.of(x, taps, shape, shape.allRows(height));
    NdArray offsets = planes.patches(taps);
    long count = x.second * taps.taps();
    int blockOut = BlockSizes.around(y.second, 8, MOST_CHANNELS);
    call.start().array(images).array(offsets).array(w).array(y.array);
    call.array(epilogue.bias()).array(epilogue.residual()).array(epilogue.pre());
    call.integer(y.second).integer(count).integer(height).integer(taps.results[2]);
    call.integer(planes.image()).integer(rowStride);
    call.integer(y.firstStride).integer(y.secondStride);
    call.integer(y.stride[1]).integer(y.stride[2]);
    call.constant(epilogue.activation().kernelName())
        .constant(x.compute())
        .constant("ieee")
        .constant(shape.pitch())
        .constant(shape.rows())
        .constant(blockOut)
        .constant(BlockSizes.around(count, 16, MOST_PATCHES))
        .over(
            Math.toIntExact(x.first * Math.ceilDiv(height, shape.rows())),
            Grid.cdiv(y.second, blockOut),
            1);
  }
}
