package dev.kiln.kernels.pooling;

import dev.kiln.kernels.convolution.Volume;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * Images in another size, larger or smaller: nearest element, or linear interpolation along each
 * axis. The size is that of the result; {@link UpsamplingMode#size} gives it for a factor.
 *
 * <p>Arrays are {@code N x C x ...} with one to three axes of space and any strides, fp32, fp16,
 * bf16 or fp64. Not thread-safe.
 */
public final class Upsampling {
  private static final String NAME = "Upsampling";
  private static final String FILE = "upsampling.py";

  /** Places are fractions of 32-bit integers, of up to four times the product of both sizes. */
  private static final long MOST = Integer.MAX_VALUE / 4;

  private final Arguments arguments = new Arguments(NAME);
  private final KernelCall forward;
  private final KernelCall backward;
  private final Volume x = new Volume();
  private final Volume y = new Volume();

  public Upsampling(Device device) {
    forward = new KernelCall(FILE, "upsample_forward_kernel", device).tuned(4, 1);
    backward = new KernelCall(FILE, "upsample_backward_kernel", device).tuned(4, 1);
  }

  /**
   * @param x images, not empty along an axis of space
   * @param y of the images, channels and dtype of {@code x}; of any size; not {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray x, UpsamplingMode mode, NdArray y) {
    check("x", x, "y", y);
    if (y.size() == 0) {
      return;
    }
    start(forward, x, y, y, x);
    forward
        .constant(mode.kernelName())
        .constant(mode != UpsamplingMode.NEAREST && this.x.size[0] != this.y.size[0])
        .constant(this.x.compute());
    TileSize.over(forward, rows(this.y), this.y.size[2], this.x.second, isWidthLast(this.x));
  }

  /**
   * The gradient of {@code x}.
   *
   * @param dy of the shape of {@code y}
   * @param dx of the shape of {@code x}; not {@code dy}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(NdArray dy, UpsamplingMode mode, NdArray dx) {
    check("dx", dx, "dy", dy);
    if (dx.size() == 0) {
      return;
    }
    start(backward, dx, dy, dx, dy);
    backward
        .integer(mode.around(x.size[2], y.size[2]))
        .constant(mode.kernelName())
        .constant(x.compute());
    TileSize.over(backward, rows(x), x.size[2], x.second, isWidthLast(x));
  }

  /**
   * @param written gives the rows of the kernel
   */
  private void start(KernelCall call, NdArray wide, NdArray other, NdArray written, NdArray read) {
    x.of(wide);
    y.of(other);
    call.start().array(read).array(written).integer(x.second);
    Volume.pass(call, x.size);
    call.integer(written == wide ? rows(x) : rows(y));
    Volume.pass(call, y.size);
    strides(call, x);
    strides(call, y);
  }

  private static void strides(KernelCall call, Volume images) {
    call.integer(images.firstStride);
    Volume.pass(call, images.stride);
    call.integer(images.secondStride);
  }

  private static long rows(Volume images) {
    return images.first * images.size[0] * images.size[1];
  }

  private static boolean isWidthLast(Volume images) {
    return images.secondStride != 1;
  }

  private void check(String wide, NdArray x, String other, NdArray y) {
    arguments.images(wide, x);
    arguments.resampled(other, y, wide, x);
    for (int axis = 2; axis < x.rank(); axis++) {
      if (x.dim(axis) == 0 && y.dim(axis) > 0) {
        throw arguments.fault(wide, x, "must not be empty along axis " + axis);
      }
      if ((x.dim(axis) + 2) * (y.dim(axis) + 2) > MOST) {
        throw arguments.fault(
            other,
            y,
            "must be so small that its length times that of '" + wide + "' is below 2^29");
      }
    }
    Check.apart(NAME, other, y, wide, x);
  }
}
