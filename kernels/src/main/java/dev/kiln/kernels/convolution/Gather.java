package dev.kiln.kernels.convolution;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;

/**
 * Sums over taps and channels, forward and for the data gradient, by matrix products or, where each
 * channel is by itself, by {@code depthwise.py}.
 */
final class Gather {
  /** Below so many channels, taps and channels are one axis of the product. */
  private static final int FEW_CHANNELS = 16;

  /** Elements of a program of the depthwise kernel. */
  private static final int DEPTHWISE_PROGRAM = 1 << 15;

  private static final int MOST_ROWS = 64;

  /**
   * Taps that the depthwise kernel writes out one by one, so that sums stay in registers; fewer of
   * small floats, which take more code each.
   */
  private static final int MOST_UNROLLED = 9;

  private static final int MOST_UNROLLED_OF_SMALL_FLOATS = 3;

  private final KernelCall product;
  private final KernelCall depthwise;
  private final Reorder reorderX;
  private final Reorder reorderWeights;
  private final PlaneProducts planes;
  private final Device device;
  private final ConvolutionBlocks blocks;
  private final TapGrid taps = new TapGrid();

  Gather(Device device, ConvolutionBlocks blocks) {
    product = new KernelCall("convolution.py", "convolution_kernel", device).tuned(4, 3);
    depthwise = new KernelCall("depthwise.py", "depthwise_kernel", device).tuned(4, 1);
    reorderX = new Reorder(device);
    reorderWeights = new Reorder(device);
    planes = new PlaneProducts(device);
    this.device = device;
    this.blocks = blocks;
  }

  static boolean isDepthwise(Volume weights, ConvolutionOptions options) {
    return options.groups() > 1 && weights.second == 1;
  }

  /** {@code y} is the convolution of {@code x}. */
  void forward(
      Volume x,
      Volume weights,
      ConvolutionOptions options,
      ConvolutionEpilogue epilogue,
      Volume y) {
    if (y.array.size() == 0) {
      return;
    }
    taps.forward(options, weights, y);
    if (isDepthwise(weights, options)) {
      depthwise(x, reorderWeights.byFirst(weights), epilogue, y, options.groups());
      return;
    }
    PlaneShape shape = PlaneShape.of(device, x, y, taps, options.groups());
    if (shape != null) {
      Volume w = reorderWeights.inPatches(weights);
      planes.run(x, w.array, w.firstStride, taps, shape, epilogue, y);
      return;
    }
    long groups = options.groups();
    Volume rows = isFlat(weights.second) ? x : reorderX.bySecond(x);
    Volume w = reorderWeights.byFirst(weights);
    long out = weights.first / groups;
    product(
        rows,
        w,
        out * w.firstStride,
        weights.second,
        w.secondStride,
        out,
        w.firstStride,
        epilogue,
        y,
        groups);
  }

  /** {@code y} is the data gradient if {@code x} is the gradient of the output. */
  void dataGradient(
      Volume x,
      Volume weights,
      ConvolutionOptions options,
      ConvolutionEpilogue epilogue,
      Volume y) {
    if (y.array.size() == 0) {
      return;
    }
    long groups = options.groups();
    boolean isDepthwise = isDepthwise(weights, options);
    if (!isDepthwise && TapGrid.phases(options) == 1) {
      taps.dataGradient(options, weights, y, 0);
      PlaneShape shape = PlaneShape.of(device, x, y, taps, options.groups());
      if (shape != null) {
        Volume w = reorderWeights.inPatchesOfFirst(weights);
        planes.run(x, w.array, w.secondStride, taps, shape, epilogue, y);
        return;
      }
    }
    long in = weights.first / groups;
    Volume rows = isDepthwise || isFlat(in) ? x : reorderX.bySecond(x);
    Volume w = isDepthwise ? reorderWeights.byFirst(weights) : reorderWeights.bySecond(weights);
    for (int phase = 0; phase < TapGrid.phases(options); phase++) {
      taps.dataGradient(options, weights, y, phase);
      if (taps.pixels() == 0) {
        continue;
      }
      if (isDepthwise) {
        depthwise(rows, w, epilogue, y, groups);
      } else {
        product(
            rows,
            w,
            in * w.firstStride,
            in,
            w.firstStride,
            weights.second,
            w.secondStride,
            epilogue,
            y,
            groups);
      }
    }
  }

  private boolean isFlat(long channels) {
    return channels < FEW_CHANNELS;
  }

  private void product(
      Volume x,
      Volume w,
      long groupStride,
      long in,
      long inStride,
      long out,
      long outStride,
      ConvolutionEpilogue epilogue,
      Volume y,
      long groups) {
    long pixels = y.first * taps.pixels();
    int blockOut = blocks.out(out);
    int blockPixels = blocks.pixels(pixels, groups * Grid.cdiv(out, blockOut));
    boolean isFlat = isFlat(in);
    call(product, x, w, y, epilogue);
    product.integer(taps.weightStart(w)).integer(taps.resultStart(y)).integer(in).integer(out);
    Volume.pass(product, x.size);
    product.integer(pixels);
    Volume.pass(product, taps.results);
    product.integer(taps.taps()).integer(taps.count[1]).integer(taps.count[2]);
    product.integer(x.firstStride);
    Volume.pass(product, x.stride);
    product.integer(x.secondStride).integer(groupStride);
    taps.passWeightStrides(product, w);
    product.integer(inStride).integer(outStride).integer(y.firstStride);
    taps.passResultStrides(product, y);
    product.integer(y.secondStride);
    taps.passMoves(product);
    product
        .constant(epilogue.activation().kernelName())
        .constant(isFlat)
        .constant(x.compute())
        .constant("ieee")
        .constant(blockPixels)
        .constant(blockOut)
        .constant(blocks.in(isFlat ? in * taps.taps() : in))
        .over(
            Math.multiplyExact(Grid.cdiv(pixels, blockPixels), Grid.cdiv(out, blockOut)),
            Math.toIntExact(groups),
            1);
  }

  private static void call(
      KernelCall call, Volume x, Volume w, Volume y, ConvolutionEpilogue epilogue) {
    call.start()
        .array(x.array)
        .array(w.array)
        .array(y.array)
        .array(epilogue.bias())
        .array(epilogue.residual())
        .array(epilogue.pre());
  }

  /** One of {@code x} and {@code y} has a channel for each that the other has a few of. */
  private void depthwise(
      Volume x, Volume w, ConvolutionEpilogue epilogue, Volume y, long channels) {
    long inner = x.second / channels;
    long outer = y.second / channels;
    long few = w.first / channels;
    long rows = y.first * taps.results[0] * taps.results[1];
    long width = taps.results[2];
    boolean isWidthLast = y.secondStride != 1;
    int mostUnrolled = x.array.dtype().bits() < 32 ? MOST_UNROLLED_OF_SMALL_FLOATS : MOST_UNROLLED;
    long unrolled = inner * taps.count[0] * taps.count[1];
    int blockWidth = BlockSizes.around(width, isWidthLast ? 16 : 1, isWidthLast ? 128 : 16);
    int blockChannels = BlockSizes.around(channels, 1, isWidthLast ? 4 : 64);
    int rowsOfProgram =
        BlockSizes.around(
            Math.min(rows, DEPTHWISE_PROGRAM / (blockWidth * blockChannels)), 1, MOST_ROWS);
    call(depthwise, x, w, y, epilogue);
    depthwise.integer(taps.weightStart(w)).integer(taps.resultStart(y));
    depthwise.integer(channels).integer(inner);
    Volume.pass(depthwise, x.size);
    depthwise.integer(rows);
    Volume.pass(depthwise, taps.results);
    depthwise.integer(taps.count[0]).integer(taps.count[1]);
    depthwise.integer(x.firstStride);
    Volume.pass(depthwise, x.stride);
    depthwise.integer(inner * x.secondStride).integer(x.secondStride);
    taps.passWeightStrides(depthwise, w);
    depthwise.integer(few * w.firstStride).integer(w.firstStride).integer(w.firstStride);
    depthwise.integer(y.firstStride);
    taps.passResultStrides(depthwise, y);
    depthwise.integer(outer * y.secondStride).integer(y.secondStride);
    taps.passMoves(depthwise);
    depthwise
        .integer(outer)
        .constant(epilogue.activation().kernelName())
        .constant(x.compute())
        .constant((int) taps.count[2])
        .constant(unrolled * taps.count[2] <= mostUnrolled ? (int) unrolled : 0)
        .constant(isWidthLast)
        .constant(rowsOfProgram)
        .constant(blockWidth)
        .constant(blockChannels)
        .over(
            Math.multiplyExact(
                Grid.cdiv(rows, rowsOfProgram),
                Math.multiplyExact(
                    Grid.cdiv(width, blockWidth), Grid.cdiv(channels, blockChannels))),
            Math.toIntExact(outer),
            1);
  }
}
