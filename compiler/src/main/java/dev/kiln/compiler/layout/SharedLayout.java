package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;
import java.util.Arrays;

/**
 * Where the elements of a tile lie in shared memory: a linear map over GF(2) from the bits of an
 * element's row-major index to the bits of its offset, in elements; then padding, which is not
 * linear.
 *
 * @param shape of the tile
 * @param offsets what each bit of the index adds (exclusive or) to the offset
 * @param paddedEvery elements after each of which {@code padding} elements stay empty; 0 for none
 */
public record SharedLayout(Shape shape, int[] offsets, int paddedEvery, int padding) {
  /** Rows of so many bytes pass through all banks. */
  private static final int BANKS_BYTES = 128;

  public SharedLayout {
    if (1 << offsets.length != shape.size()) {
      throw new IllegalArgumentException(offsets.length + " vectors for " + shape);
    }
  }

  /** The offset of the element with a row-major index, in elements. */
  public int offset(int index) {
    int linear = LinearMap.combine(offsets, index);
    return paddedEvery == 0 ? linear : linear + linear / paddedEvery * padding;
  }

  /** How many elements it spans, padding included. */
  public int size() {
    return paddedEvery == 0 ? shape.size() : shape.size() + shape.size() / paddedEvery * padding;
  }

  /** The map without padding. */
  public LinearMap map() {
    return new LinearMap(offsets);
  }

  /**
   * For each holder of a layout (see {@link LinearLayout#map}) the offset of its element.
   *
   * @throws IllegalStateException with padding
   */
  public LinearMap offsetsOf(LinearLayout layout) {
    if (paddedEvery != 0) {
      throw new IllegalStateException("padding is not linear");
    }
    return layout.map().then(map());
  }

  /** The elements one after the other, the first axis of the order fastest. */
  public static SharedLayout plain(Shape shape, int... order) {
    int[] offsets = new int[LinearLayout.bits(shape.size())];
    int place = 0;
    for (int axis : order) {
      int shift = LinearLayout.axisShift(shape, axis);
      for (int bit = 0; bit < LinearLayout.bits(shape.dim(axis)); bit++) {
        offsets[shift + bit] = 1 << place++;
      }
    }
    return new SharedLayout(shape, offsets, 0, 0);
  }

  /** Row by row. */
  public static SharedLayout rowMajor(Shape shape) {
    return plain(shape, BlockedLayout.rowMajorOrder(shape.rank()));
  }

  /** With {@code count} empty elements after each {@code every}, a power of two. */
  public SharedLayout padded(int every, int count) {
    return new SharedLayout(shape, offsets, every, count);
  }

  /**
   * Triton's swizzle: element {@code (r, c)} lies in column {@code ((c / vec) ^ ((r / perPhase) %
   * maxPhase)) * vec + c % vec} of its row, where columns are the first axis of the order and rows
   * the second. Phases that the row has no room for are left out.
   */
  public static SharedLayout swizzled(
      Shape shape, int vec, int perPhase, int maxPhase, int... order) {
    SharedLayout plain = plain(shape, order);
    int[] offsets = plain.offsets.clone();
    int row = LinearLayout.axisShift(shape, order[1]);
    int first = LinearMap.log2(perPhase);
    int phases = Math.min(maxPhase, shape.dim(order[0]) / vec);
    for (int bit = 0; 1 << bit < phases; bit++) {
      if (first + bit < LinearLayout.bits(shape.dim(order[1]))) {
        offsets[row + first + bit] |= vec << bit;
      }
    }
    return new SharedLayout(shape, offsets, 0, 0);
  }

  /**
   * A swizzle in which pieces of rows that would lie in the same banks change places, whatever the
   * width of the rows.
   *
   * @param pieceBytes what is kept together, a power of two
   * @param fast the axis of the rows
   * @param slow the axis that tells rows apart; of three axes the first is the slowest
   */
  public static SharedLayout rotated(
      Shape shape, int elementBytes, int pieceBytes, int fast, int slow) {
    int row = Math.max(pieceBytes, shape.dim(fast) * elementBytes);
    int perPhase = Math.max(1, BANKS_BYTES / row);
    int phases = Math.max(1, Math.min(BANKS_BYTES, row) / pieceBytes);
    int vec = Math.min(pieceBytes / elementBytes, shape.dim(fast));
    int[] order = shape.rank() == 3 ? new int[] {fast, slow, 0} : new int[] {fast, slow};
    return swizzled(shape, vec, perPhase, phases, order);
  }

  /**
   * The form that TMA writes and wgmma reads: panels of {@code swizzleBytes} along the first axis
   * of the order (the whole axis if it is shorter), one row of a panel after the other, one panel
   * after the other; within 8 rows of 128 bytes, 4 double rows of 64 or 2 fourfold rows of 32, the
   * 16-byte pieces change places: {@code piece ^= row}. The base must be aligned to 8 times {@code
   * swizzleBytes} (PTX ISA, "Swizzling modes" of tensor copies).
   *
   * @param elementBytes 1 to 8
   * @param swizzleBytes 128, 64, 32, or 0 for no panels and no swizzle
   */
  public static SharedLayout tensorCopy(
      Shape shape, int elementBytes, int swizzleBytes, int... order) {
    if (swizzleBytes == 0) {
      return plain(shape, order);
    }
    int innerBits = LinearLayout.bits(shape.dim(order[0]));
    int panelBits = Math.min(innerBits, LinearMap.log2(swizzleBytes / elementBytes));
    int inner = LinearLayout.axisShift(shape, order[0]);
    int[] offsets = new int[LinearLayout.bits(shape.size())];
    int place = 0;
    for (int bit = 0; bit < panelBits; bit++) {
      offsets[inner + bit] = 1 << place++;
    }
    for (int i = 1; i < order.length; i++) {
      int shift = LinearLayout.axisShift(shape, order[i]);
      for (int bit = 0; bit < LinearLayout.bits(shape.dim(order[i])); bit++) {
        offsets[shift + bit] = 1 << place++;
      }
    }
    for (int bit = panelBits; bit < innerBits; bit++) {
      offsets[inner + bit] = 1 << place++;
    }
    int[] swizzled =
        Arrays.stream(offsets)
            .map(offset -> swizzle(offset * elementBytes, swizzleBytes) / elementBytes)
            .toArray();
    return new SharedLayout(shape, swizzled, 0, 0);
  }

  /** Bits 7 and up of an address, as many as the swizzle has pieces, go onto bits 4 and up. */
  private static int swizzle(int address, int swizzleBytes) {
    return address ^ (address >> 7 & swizzleBytes / 16 - 1) << 4;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SharedLayout layout
        && shape.equals(layout.shape)
        && Arrays.equals(offsets, layout.offsets)
        && paddedEvery == layout.paddedEvery
        && padding == layout.padding;
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(offsets) + shape.hashCode();
  }

  @Override
  public String toString() {
    return shape
        + " offsets "
        + Arrays.toString(offsets)
        + (paddedEvery == 0 ? "" : " +" + padding + " every " + paddedEvery);
  }
}
