package dev.kiln.kernels.pooling;

import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * The largest element of each window, and where it is. Padding is minus infinity; the first of
 * equals counts; a NaN wins, the last one of several.
 *
 * <p>Arrays are {@code N x C x ...} with one to three axes of space and any strides, fp32, fp16,
 * bf16 or fp64. Fastest are neighbouring channels (NHWC) or pixels (NCHW). Not thread-safe.
 */
public final class MaxPooling {
  private static final String NAME = "MaxPooling";

  private final Arguments arguments = new Arguments(NAME);
  private final PoolingKernels kernels;

  public MaxPooling(Device device) {
    kernels = new PoolingKernels(true, device);
  }

  /**
   * @param x images
   * @param y of the dtype of {@code x}, sizes by {@link PoolingWindow#outputSize}, or any for
   *     {@link PoolingOptions#ADAPTIVE}; not {@code x}
   * @param places receives the row-major position of each maximum in its image's channel: i32, of
   *     the shape and strides of {@code y}; or null. A window without any element, which dilation
   *     makes possible, has the maximum minus infinity at -1.
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray x, PoolingOptions options, NdArray y, NdArray places) {
    arguments.pooled("x", x, "y", y, options);
    arguments.places(places, "y", y);
    kernels.forward(x, options, y, places);
  }

  /**
   * The gradient of {@code x}: each element of {@code dy} goes to its maximum's place.
   *
   * @param dy of the shape of {@code y}
   * @param places what {@link #forward} wrote, with the strides of {@code dy}
   * @param dx of the shape of {@code x}; not {@code dy}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(NdArray dy, NdArray places, PoolingOptions options, NdArray dx) {
    arguments.pooled("dx", dx, "dy", dy, options);
    if (places == null) {
      throw Check.fault(NAME, "places", "must be there");
    }
    arguments.places(places, "dy", dy);
    kernels.backward(dy, places, options, dx);
  }
}
