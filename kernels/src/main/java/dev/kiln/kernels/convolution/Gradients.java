package dev.kiln.kernels.convolution;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;

/**
 * Gradients by weights and bias: sums over all pixels of all images, divided into shares whose
 * number depends on the problem alone, so that every machine gives the same bits.
 */
final class Gradients {
  private static final String FILE = "convolution_gradient.py";

  /** Bytes of a share's operands: it stays in a cache while all taps read it. */
  private static final int SHARE_BYTES = 1 << 19;

  /** Of a share for which a program is worth its while. */
  private static final int FEWEST_PIXELS = 512;

  private static final int MOST_PARTS = 256;
  private static final int BIAS_PIXELS = 16;
  private static final int BIAS_CHANNELS = 256;
  private static final int BIAS_SHARE = 1 << 16;

  private final KernelCall weights;
  private final KernelCall depthwise;
  private final KernelCall bias;
  private final Reorder reorderX;
  private final Reorder reorderDy;
  private final Parts parts;
  private final PlaneGradients planes;
  private final Device device;
  private final ConvolutionBlocks blocks;
  private final TapGrid taps = new TapGrid();

  Gradients(Device device, ConvolutionBlocks blocks) {
    weights = new KernelCall(FILE, "weight_gradient_kernel", device).tuned(4, 3);
    depthwise =
        new KernelCall("depthwise.py", "depthwise_weight_gradient_kernel", device).tuned(4, 1);
    bias = new KernelCall(FILE, "bias_gradient_kernel", device);
    reorderX = new Reorder(device);
    reorderDy = new Reorder(device);
    parts = new Parts(device);
    planes = new PlaneGradients(device, parts);
    this.device = device;
    this.blocks = blocks;
  }

  /** {@code dw} is the gradient by the weights of a convolution of {@code x}. */
  void weights(Volume x, Volume dy, ConvolutionOptions options, Volume dw) {
    if (dw.array.size() == 0) {
      return;
    }
    taps.forward(options, dw, dy);
    PlaneShape shape =
        dw.isDenseInSpace() ? PlaneShape.of(device, x, dy, taps, options.groups()) : null;
    if (Gather.isDepthwise(dw, options)) {
      depthwise(x, dy, dw, options.groups());
    } else if (shape != null) {
      planes.weights(x, dy, taps, shape, dw);
    } else {
      products(reorderX.bySecond(x), reorderDy.bySecond(dy), dw, options.groups());
    }
  }

  private void products(Volume x, Volume dy, Volume dw, int groups) {
    long pixels = dy.first * dy.space();
    long in = dw.second;
    long out = dw.first / groups;
    int blockPixels = blocks.pixels(pixels);
    int blockOut = blocks.out(out);
    int blockIn = blocks.in(in);
    long bytes = (x.second + dy.second) * x.array.dtype().bytes();
    long share =
        shareOf(pixels, Math.max(FEWEST_PIXELS, SHARE_BYTES / Math.max(1, bytes)), blockPixels);
    Volume target = parts.of(dw, x.compute(), Math.max(1, Math.ceilDiv(pixels, share)));
    weights.start().array(x.array).array(dy.array).array(target.array).integer(in).integer(out);
    passSpace(weights, x, dy, pixels, share, dw);
    weights.integer(dy.secondStride);
    passTarget(weights, target, out * target.firstStride);
    weights.integer(target.secondStride).integer(target.firstStride);
    taps.passMoves(weights);
    weights
        .constant(x.compute())
        .constant("ieee")
        .constant(blockPixels)
        .constant(blockOut)
        .constant(blockIn)
        .over(
            Math.toIntExact(dw.space() * Grid.cdiv(out, blockOut) * Grid.cdiv(in, blockIn)),
            groups,
            programs(pixels, share));
    parts.sum(dw, x.compute());
  }

  private void depthwise(Volume x, Volume dy, Volume dw, int channels) {
    long few = dw.first / channels;
    boolean isWidthLast = dy.secondStride != 1;
    int blockWidth = BlockSizes.around(dy.size[2], isWidthLast ? 16 : 1, isWidthLast ? 128 : 16);
    int blockChannels = BlockSizes.around(channels, 1, isWidthLast ? 4 : 64);
    long rows = dy.first * dy.size[0] * dy.size[1];
    long least = Math.max(1, (1 << 14) / Math.max(1, dy.size[2] * blockChannels));
    long share = shareOf(rows, least, 1);
    Volume target = parts.of(dw, x.compute(), programs(rows, share));
    depthwise.start().array(x.array).array(dy.array).array(target.array).integer(channels);
    passSpace(depthwise, x, dy, rows, share, dw);
    depthwise.integer(few * dy.secondStride).integer(dy.secondStride);
    depthwise.integer(parts.stride());
    Volume.pass(depthwise, target.stride);
    depthwise.integer(few * target.firstStride).integer(target.firstStride);
    taps.passMoves(depthwise);
    depthwise
        .constant(x.compute())
        .constant(isWidthLast)
        .constant(blockWidth)
        .constant(blockChannels)
        .over(
            Math.toIntExact(dw.space() * Grid.cdiv(channels, blockChannels)),
            Math.toIntExact(few),
            programs(rows, share));
    parts.sum(dw, x.compute());
  }

  /** Sizes and strides of both operands, up to the strides in space of {@code dy}. */
  private static void passSpace(
      KernelCall call, Volume x, Volume dy, long count, long share, Volume dw) {
    Volume.pass(call, x.size);
    call.integer(count);
    Volume.pass(call, dy.size);
    call.integer(share).integer(dw.space()).integer(dw.size[1]).integer(dw.size[2]);
    call.integer(x.firstStride);
    Volume.pass(call, x.stride);
    call.integer(x.secondStride).integer(dy.firstStride);
    Volume.pass(call, dy.stride);
  }

  private void passTarget(KernelCall call, Volume target, long groupStride) {
    call.integer(parts.stride()).integer(groupStride);
    Volume.pass(call, target.stride);
  }

  /** {@code db} is the gradient by a number for each channel of {@code dy}. */
  void bias(Volume dy, Volume db) {
    if (db.first == 0) {
      return;
    }
    boolean isInPlanes = dy.isDenseInSpace() && (dy.second == 1 || dy.secondStride != 1);
    if (isInPlanes && !device.target().isGpu() && dy.space() > 1) {
      planes.bias(dy, db);
      return;
    }
    long pixels = dy.first * dy.space();
    int blockOut = BlockSizes.around(dy.second, 16, BIAS_CHANNELS);
    long share = shareOf(pixels, BIAS_SHARE / Math.max(1, dy.second), BIAS_PIXELS);
    Volume target = parts.of(db, dy.compute(), programs(pixels, share));
    bias.start().array(dy.array).array(target.array).integer(dy.second).integer(pixels);
    Volume.pass(bias, dy.size);
    bias.integer(share).integer(dy.firstStride);
    Volume.pass(bias, dy.stride);
    bias.integer(dy.secondStride)
        .integer(parts.stride())
        .constant(dy.compute())
        .constant(BIAS_PIXELS)
        .constant(blockOut)
        .over(Grid.cdiv(dy.second, blockOut), programs(pixels, share), 1);
    parts.sum(db, dy.compute());
  }

  /** A multiple of the block, at least so many, for at most {@value #MOST_PARTS} parts. */
  private static long shareOf(long count, long least, long block) {
    long share = Math.max(least, Math.ceilDiv(count, MOST_PARTS));
    return Math.max(1, Math.ceilDiv(share, block)) * block;
  }

  private static int programs(long count, long share) {
    return Math.toIntExact(Math.max(1, Math.ceilDiv(count, share)));
  }
}
