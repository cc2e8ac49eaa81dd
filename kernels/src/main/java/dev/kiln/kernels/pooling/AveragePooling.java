package dev.kiln.kernels.pooling;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * The mean of each window. Padding is 0; {@link PoolingOptions} says what sums are divided by.
 *
 * <p>Arrays are {@code N x C x ...} with one to three axes of space and any strides, fp32, fp16,
 * bf16 or fp64. Fastest are neighbouring channels (NHWC) or pixels (NCHW). Not thread-safe.
 */
public final class AveragePooling {
  private final Arguments arguments = new Arguments("AveragePooling");
  private final PoolingKernels kernels;

  public AveragePooling(Device device) {
    kernels = new PoolingKernels(false, device);
  }

  /**
   * @param x images
   * @param y of the dtype of {@code x}, sizes by {@link PoolingWindow#outputSize}, or any for
   *     {@link PoolingOptions#ADAPTIVE}; not {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray x, PoolingOptions options, NdArray y) {
    arguments.pooled("x", x, "y", y, options);
    arguments.undilated(options);
    kernels.forward(x, options, y, null);
  }

  /**
   * The gradient of {@code x}: each element of {@code dy} is shared out evenly among its window.
   *
   * @param dy of the shape of {@code y}
   * @param dx of the shape of {@code x}; not {@code dy}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(NdArray dy, PoolingOptions options, NdArray dx) {
    arguments.pooled("dx", dx, "dy", dy, options);
    arguments.undilated(options);
    kernels.backward(dy, null, options, dx);
  }
}
