package dev.kiln.runtime;

import java.util.Arrays;
import java.util.List;

/**
 * A tensor and the block in which kernels access it: Triton's host-side tensor descriptor. Kernels
 * load and store blocks of it with {@code desc.load(offsets)} and {@code desc.store(offsets,
 * value)}; what lies outside the tensor reads as the padding and is not written.
 *
 * @param base rank 1 to 5; the last stride is 1
 * @param blockShape one power of two for each axis
 * @param padWithNan whether elements outside read as NaN rather than 0
 */
public record TensorDescriptor(NdArray base, List<Integer> blockShape, boolean padWithNan) {
  private static final int MAX_RANK = 5;

  /**
   * @throws KilnException if the ranks differ, an extent of the block is no power of two, or the
   *     last stride is not 1
   */
  public TensorDescriptor {
    blockShape = List.copyOf(blockShape);
    if (base.rank() < 1 || base.rank() > MAX_RANK || base.rank() != blockShape.size()) {
      throw new KilnException(
          "a tensor descriptor has rank 1 to 5 and a block of the same rank: the tensor is %s, the block %s"
              .formatted(Arrays.toString(base.shape()), blockShape));
    }
    if (blockShape.stream().anyMatch(extent -> extent < 1 || Integer.bitCount(extent) != 1)) {
      throw new KilnException("the extents of a block must be powers of two: " + blockShape);
    }
    if (base.stride(-1) != 1) {
      throw new KilnException(
          "the last stride of a tensor descriptor must be 1, not " + base.stride(-1));
    }
  }

  /** A descriptor that pads with zeros. */
  public static TensorDescriptor of(NdArray base, Integer... blockShape) {
    return new TensorDescriptor(base, List.of(blockShape), false);
  }
}
