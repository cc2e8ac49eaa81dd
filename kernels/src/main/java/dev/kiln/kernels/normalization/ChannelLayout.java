package dev.kiln.kernels.normalization;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.NdArray;

/**
 * Where the channels of a contiguous array are: {@code samples x channels x places} or {@code
 * samples x places x channels}, with any number of axes for places, also none.
 */
public enum ChannelLayout {
  /** Axis 1, as in NCHW. */
  FIRST,
  /** The last axis, as in NHWC. */
  LAST;

  /** Elements of a tile: it stays in the first-level cache beside a second one. */
  private static final int TILE = 4096;

  private static final int MOST_CHANNELS = 256;

  void check(String operation, String argument, NdArray array) {
    Check.floatsOrDoubles(operation, argument, array);
    Check.elements(operation, argument, array);
    if (array.rank() < 2) {
      throw Check.fault(
          operation, argument, "must have axes for samples and channels, but is " + array);
    }
  }

  void like(String operation, String argument, NdArray array, String other, NdArray like) {
    check(operation, argument, array);
    Check.sameShape(operation, argument, array, other, like);
    Check.sameDType(operation, argument, array, other, like);
  }

  /** Numbers in a channel, over all samples. */
  long perChannel(NdArray array) {
    return samples(array) * places(array);
  }

  long samples(NdArray array) {
    return array.dim(0);
  }

  long channels(NdArray array) {
    return array.dim(this == FIRST ? 1 : -1);
  }

  long places(NdArray array) {
    long places = 1;
    for (int axis = 1; axis < array.rank(); axis++) {
      places *= array.dim(axis);
    }
    return channels(array) == 0 ? 0 : places / channels(array);
  }

  long sampleStride(NdArray array) {
    return channels(array) * places(array);
  }

  long channelStride(NdArray array) {
    return this == FIRST ? places(array) : 1;
  }

  long placeStride(NdArray array) {
    return this == FIRST ? 1 : channels(array);
  }

  /** Channels of a tile: many where they are neighbours, else what is left of a tile. */
  int blockChannels(long channels, long places) {
    int most =
        this == LAST
            ? MOST_CHANNELS
            : Math.min(MOST_CHANNELS, TILE / BlockSizes.around(places, 1, TILE));
    return BlockSizes.around(channels, 1, most);
  }

  int blockPlaces(long channels, long places) {
    return BlockSizes.around(places, 1, TILE / blockChannels(channels, places));
  }
}
