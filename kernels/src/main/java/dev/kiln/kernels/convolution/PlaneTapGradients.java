package dev.kiln.kernels.convolution;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Gradients by weights of {@code convolution_planes.py} where there are few channels: a sum for
 * every tap and channel, of all images at once.
 */
final class PlaneTapGradients {
  /** Sums of a program: as many as make a method that need not be cut. */
  private static final int MOST_SUMS = 16;

  /** Beyond, products of matrices read less. */
  private static final int MOST_CHANNELS = 64;

  private static final int FEWEST_PIXELS = 1 << 11;
  private static final int MOST_PIXELS = 1 << 20;
  private static final int MOST_PARTS = 32;

  private final KernelCall call;
  private final Planes planes;
  private final Planes dyPlanes;
  private final Parts parts;

  PlaneTapGradients(Device device, Parts parts) {
    call = new KernelCall("convolution_planes.py", "plane_tap_gradient_kernel", device);
    planes = new Planes(device);
    dyPlanes = new Planes(device);
    this.parts = parts;
  }

  /** Whether a row of taps has neither one, which would read everything once for each, nor many. */
  static boolean suits(TapGrid taps, Volume dw) {
    return taps.count[2] > 1 && taps.count[2] <= MOST_SUMS && dw.first <= MOST_CHANNELS;
  }

  /** {@code dw} from {@code x} and {@code dy}. */
  void weights(Volume x, Volume dy, TapGrid taps, Volume dw) {
    // Zeros behind a row and below an image are those of the next one, too.
    long pitch = Math.max(x.size[2] - taps.lowest(2), dy.size[2] + taps.highest(2));
    pitch = Math.max(pitch, Math.max(dy.size[2], taps.span(2)));
    long rows = Math.max(x.size[1] - taps.lowest(1), dy.size[1] + taps.highest(1));
    rows = Math.max(rows, Math.max(dy.size[1], taps.span(1)));
    long pixels = x.first * rows * pitch;
    int block = BlockSizes.around(Math.ceilDiv(pixels, MOST_PARTS), FEWEST_PIXELS, MOST_PIXELS);
    int programs = Grid.cdiv(pixels, block);
    // Whatever a program reads is there, so that it needs no masks.
    long reach = taps.span(1) * pitch + taps.span(2);
    long blank = Math.ceilDiv((long) programs * block + reach, rows * pitch) - x.first;
    NdArray images = planes.runs(x, pitch, rows, taps, blank);
    NdArray gradients = dyPlanes.runs(dy, pitch, rows, null, blank);
    int widest = MOST_SUMS / (int) taps.count[2];
    int blockOut = Grid.cdiv(dw.first, Grid.cdiv(dw.first, widest));
    NdArray target = parts.ofPatches(dw, x.compute(), programs);
    call.start().array(images).array(gradients).array(target);
    call.integer(dw.second).integer(dw.first).integer(taps.count[1]);
    call.integer(images.dim(1)).integer(gradients.dim(1));
    call.integer((taps.base[1] - taps.lowest(1)) * pitch + taps.base[2] - taps.lowest(2));
    call.integer(taps.step[1] * pitch).integer(taps.step[2]);
    call.integer(dw.first * dw.second * taps.taps());
    call.constant(x.compute()).constant((int) taps.count[2]).constant(blockOut).constant(block);
    call.over(
        Math.toIntExact(dw.second * taps.count[1] * Grid.cdiv(dw.first, blockOut)), programs, 1);
    parts.sumPatches(target, dw, x.compute());
  }
}
