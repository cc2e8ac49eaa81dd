package dev.kiln.ops.train;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.AdamW;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;

/**
 * Parameters that are trained alike, side by side in memory, so that one launch updates all of
 * them: their weights, gradients and the optimizer's state. What lies between parameters for
 * alignment is 0 and stays 0.
 */
final class ParameterGroup implements AutoCloseable {
  private static final int ALIGNED_ELEMENTS = 16;

  private final List<long[]> shapes = new ArrayList<>();
  private final List<Long> offsets = new ArrayList<>();
  private final AdamW.Parameter all;
  private final AdamW.Options options;

  ParameterGroup(Device device, AdamW.Options options, long[]... shapes) {
    this.options = options;
    long size = 0;
    for (long[] shape : shapes) {
      this.shapes.add(shape);
      offsets.add(size);
      size += Math.ceilDiv(elements(shape), ALIGNED_ELEMENTS) * ALIGNED_ELEMENTS;
    }
    all =
        new AdamW.Parameter(
            NdArray.zeros(device, DType.FP32, size),
            null,
            NdArray.zeros(device, DType.FP32, size),
            NdArray.zeros(device, DType.FP32, size),
            NdArray.zeros(device, DType.FP32, size));
  }

  NdArray weights(int parameter) {
    return view(all.weights(), parameter);
  }

  NdArray grads(int parameter) {
    return view(all.grads(), parameter);
  }

  void step(AdamW optimizer, double lr, long step) {
    optimizer.step(all, options, lr, step);
  }

  private NdArray view(NdArray whole, int parameter) {
    return NdArray.over(
        whole.buffer(),
        DType.FP32,
        offsets.get(parameter) * DType.FP32.bytes(),
        shapes.get(parameter));
  }

  private static long elements(long[] shape) {
    long n = 1;
    for (long d : shape) {
      n *= d;
    }
    return n;
  }

  @Override
  public void close() {
    all.weights().close();
    all.grads().close();
    all.mean().close();
    all.square().close();
  }
}
