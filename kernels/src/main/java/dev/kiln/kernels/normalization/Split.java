package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * How the programs of batch norm share an array. Samples whose channels come last are one long
 * sample, since a channel's numbers then lie at one distance.
 */
final class Split {
  /** Tiles of a part, at least: fewer are not worth a program. */
  private static final int TILES_PER_PART = 4;

  private final int blockChannels;
  private final int blockPlaces;
  private final int samples;
  private final int channels;
  private final int places;
  private final int partSamples;
  private final int partPlaces;

  /**
   * @param programs how many programs are wanted at least
   */
  Split(ChannelLayout layout, NdArray x, int programs) {
    boolean last = layout == ChannelLayout.LAST;
    channels = (int) layout.channels(x);
    samples = last ? 1 : (int) layout.samples(x);
    places = (int) (last ? layout.perChannel(x) : layout.places(x));
    blockChannels = layout.blockChannels(channels, places);
    blockPlaces = layout.blockPlaces(channels, places);
    int wanted = Grid.cdiv(programs, Math.max(1, Grid.cdiv(channels, blockChannels)));
    int tiles = Grid.cdiv(places, blockPlaces);
    int placeParts = Math.clamp(tiles / TILES_PER_PART, 1, wanted);
    partPlaces = blockPlaces * Math.max(1, Grid.cdiv(tiles, placeParts));
    partSamples = Math.max(1, Grid.cdiv(samples, Math.clamp(samples, 1, wanted)));
  }

  private int sampleParts() {
    return Grid.cdiv(samples, partSamples);
  }

  private int placeParts() {
    return Grid.cdiv(places, partPlaces);
  }

  int parts() {
    return sampleParts() * placeParts();
  }

  /** Sizes, strides and parts, as the kernels that take sums want them. */
  KernelCall extents(KernelCall call, ChannelLayout layout, NdArray x) {
    return strides(call.integer(samples), layout, x).integer(partSamples).integer(partPlaces);
  }

  /** Channels, places and strides. */
  KernelCall strides(KernelCall call, ChannelLayout layout, NdArray x) {
    return call.integer(channels)
        .integer(places)
        .integer(layout.sampleStride(x))
        .integer(layout.channelStride(x))
        .integer(layout.placeStride(x));
  }

  /** What kernels take in the end. */
  KernelCall blocks(KernelCall call, DType compute) {
    return call.constant(compute)
        .constant(blockChannels)
        .constant(blockPlaces)
        .tuned(BlockSizes.warps((long) blockChannels * blockPlaces), 1);
  }

  /** A program for each block of channels of each part. */
  void over(KernelCall call) {
    call.over(Grid.cdiv(channels, blockChannels), sampleParts(), placeParts());
  }

  /** A program for each tile. */
  void overAll(KernelCall call) {
    call.over(Grid.cdiv(places, blockPlaces), Grid.cdiv(channels, blockChannels), samples);
  }
}
