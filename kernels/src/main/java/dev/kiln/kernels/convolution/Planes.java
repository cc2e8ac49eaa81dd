package dev.kiln.kernels.convolution;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Copies of images, channel by channel, with zeros around them and rows a power of two apart: then
 * a tap of all pixels is contiguous memory.
 */
final class Planes {
  private static final String FILE = "convolution_planes.py";
  private static final int ROWS = 64;
  private static final int OFFSETS = 256;
  private static final int NARROWEST = 16;
  private static final int WIDEST = 512;

  private final KernelCall fill;
  private final KernelCall patches;
  private final Workspace workspace;
  private final Workspace offsets;
  private int pitch;
  private long rows;
  private long channels;

  Planes(Device device) {
    fill = new KernelCall(FILE, "fill_planes_kernel", device);
    patches = new KernelCall(FILE, "patch_offsets_kernel", device);
    workspace = new Workspace(device);
    offsets = new Workspace(device);
  }

  int pitch() {
    return pitch;
  }

  /** Elements of a plane. */
  long plane() {
    return rows * pitch;
  }

  /** Elements of an image. */
  long image() {
    return channels * plane();
  }

  /**
   * Planes of {@code x} for all taps.
   *
   * @param resultRows of each image that are computed, a multiple of the tile's
   */
  NdArray of(Volume x, TapGrid taps, PlaneShape shape, long resultRows) {
    long span = taps.span(1);
    return fill(
        x, shape.pitch(), resultRows + span + 1, (int) taps.lowest(1), (int) taps.lowest(2));
  }

  /** Planes with zeros behind each row alone, of so many rows. */
  NdArray ofRows(Volume x, int newPitch) {
    return fill(x, newPitch, x.size[1], 0, 0);
  }

  private NdArray fill(Volume x, int newPitch, long newRows, int top, int left) {
    pitch = newPitch;
    rows = newRows;
    channels = x.second;
    NdArray planes =
        workspace.array(x.array.dtype(), Math.multiplyExact(x.first, channels), plane());
    fill(planes, x, x.first, image(), plane(), top, left);
    return planes;
  }

  /**
   * All images of a channel one behind the other.
   *
   * @param newPitch any that leaves room for the zeros behind a row
   * @param taps that will be read, or null
   * @param blank images of zeros behind the last
   */
  NdArray runs(Volume x, long newPitch, long newRows, TapGrid taps, long blank) {
    pitch = Math.toIntExact(newPitch);
    rows = newRows;
    channels = x.second;
    long images = x.first + blank;
    NdArray planes = workspace.array(x.array.dtype(), channels, images * plane());
    int top = taps == null ? 0 : (int) taps.lowest(1);
    int left = taps == null ? 0 : (int) taps.lowest(2);
    fill(planes, x, images, plane(), images * plane(), top, left);
    return planes;
  }

  private void fill(
      NdArray planes,
      Volume x,
      long images,
      long imageStride,
      long channelStride,
      int top,
      int left) {
    int block = BlockSizes.around(rows, 1, ROWS);
    fill.start().array(x.array).array(planes).integer(x.first);
    fill.integer(x.size[1]).integer(x.size[2]);
    fill.integer(x.firstStride).integer(x.secondStride);
    fill.integer(x.stride[1]).integer(x.stride[2]);
    fill.integer(rows).integer(pitch).integer(imageStride).integer(channelStride);
    fill.integer(top).integer(left);
    fill.constant(block).constant(BlockSizes.around(pitch, NARROWEST, WIDEST));
    fill.over(Grid.cdiv(rows, block), Math.toIntExact(channels), Math.toIntExact(images));
  }

  /** Where in an image of the planes the pixels of each channel and tap begin. */
  NdArray patches(TapGrid taps) {
    long count = channels * taps.taps();
    NdArray table = offsets.array(DType.I32, count);
    int block = BlockSizes.around(count, 16, OFFSETS);
    patches.start().array(table).integer(count).integer(taps.count[1]).integer(taps.count[2]);
    patches.integer(plane());
    patches.integer((taps.base[1] - taps.lowest(1)) * pitch + taps.base[2] - taps.lowest(2));
    patches.integer(taps.step[1] * pitch).integer(taps.step[2]);
    patches.constant(block).over(Grid.cdiv(count, block));
    return table;
  }
}
