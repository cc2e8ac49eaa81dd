package dev.kiln.kernels.convolution;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Gradients by weights and bias of {@code convolution_planes.py}: sums over images in shares, whose
 * number depends on the problem alone.
 */
final class PlaneGradients {
  private static final String FILE = "convolution_planes.py";
  private static final int MOST_CHANNELS = 64;
  private static final int MOST_PIXELS = 1024;
  private static final int FEWEST_PATCHES = 8;
  private static final int LEAST_OF_MANY = 32;
  private static final int MOST_PATCHES = 128;

  /** Computed for nothing at most: one part of so many patches. */
  private static final int WASTE = 8;

  /** Elements of {@code dy} of a share for which a program is worth its while. */
  private static final int SHARE = 1 << 14;

  private static final int MOST_PARTS = 32;
  private static final int BIAS_BLOCK = 1024;

  private final KernelCall weights;
  private final KernelCall bias;
  private final Planes planes;
  private final Planes dyPlanes;
  private final Parts parts;
  private final PlaneTapGradients byTaps;

  PlaneGradients(Device device, Parts parts) {
    weights = new KernelCall(FILE, "plane_weight_gradient_kernel", device);
    bias = new KernelCall(FILE, "plane_bias_gradient_kernel", device);
    planes = new Planes(device);
    dyPlanes = new Planes(device);
    this.parts = parts;
    byTaps = new PlaneTapGradients(device, parts);
  }

  /** {@code dw} from {@code x} and {@code dy}. */
  void weights(Volume x, Volume dy, TapGrid taps, PlaneShape shape, Volume dw) {
    if (PlaneTapGradients.suits(taps, dw)) {
      byTaps.weights(x, dy, taps, dw);
      return;
    }
    NdArray images = planes.of(x, taps, shape, dy.size[1]);
    NdArray offsets = planes.patches(taps);
    NdArray gradients = dyPlanes.ofRows(dy, shape.pitch());
    long patches = dw.second * taps.taps();
    long pixels = dyPlanes.plane();
    int blockOut = BlockSizes.around(dw.first, 16, MOST_CHANNELS);
    int blockPatches = blockPatches(patches);
    long share = share(x.first, dw.first * pixels);
    int programs = Math.toIntExact(Math.ceilDiv(x.first, share));
    NdArray target = parts.ofPatches(dw, x.compute(), programs);
    weights.start().array(images).array(offsets).array(gradients).array(target);
    weights.integer(x.first).integer(dw.first).integer(patches).integer(pixels).integer(share);
    weights.integer(planes.image()).integer(pixels).integer(dw.first * patches);
    weights
        .constant(x.compute())
        .constant("ieee")
        .constant(BlockSizes.around(pixels, 16, MOST_PIXELS))
        .constant(blockOut)
        .constant(blockPatches)
        .over(
            Math.multiplyExact(Grid.cdiv(dw.first, blockOut), Grid.cdiv(patches, blockPatches)),
            programs,
            1);
    parts.sumPatches(target, dw, x.compute());
  }

  /** The largest power of two that wastes little. */
  private static int blockPatches(long patches) {
    int block = BlockSizes.around(patches, FEWEST_PATCHES, LEAST_OF_MANY);
    for (int next = block; next <= MOST_PATCHES; next *= 2) {
      long beyond = Math.ceilDiv(patches, next) * next - patches;
      if (beyond * WASTE <= patches) {
        block = next;
      }
    }
    return block;
  }

  /** Images of a program. */
  private static long share(long images, long elements) {
    long least = Math.max(1, SHARE / Math.max(1, elements));
    return Math.max(least, Math.ceilDiv(images, MOST_PARTS));
  }

  /** {@code db} from {@code dy}, whose pixels are a fixed distance apart. */
  void bias(Volume dy, Volume db) {
    long share = share(dy.first, dy.space());
    int programs = Math.toIntExact(Math.max(1, Math.ceilDiv(dy.first, share)));
    Volume target = parts.of(db, dy.compute(), programs);
    bias.start().array(dy.array).array(target.array);
    bias.integer(dy.first).integer(dy.second).integer(dy.space()).integer(share);
    bias.integer(dy.firstStride).integer(dy.secondStride).integer(dy.stride[2]);
    bias.constant(dy.compute())
        .constant(BlockSizes.around(dy.space(), 16, BIAS_BLOCK))
        .over(Math.toIntExact(dy.second), programs, 1);
    parts.sum(db, dy.compute());
  }
}
