package dev.kiln.runtime.sim.isa.tensor;

/**
 * Where a matrix of {@code wgmma} lies in shared memory (PTX ISA 9.7.15.5.1.2). Memory is seen as
 * chunks of 16 bytes. In a K-major matrix, a chunk holds neighbours along k of one row of A (or
 * column of B), and each has two; in an MN-major one, whose elements have 16 bits, it holds 8
 * neighbours along m (or n) at one k.
 *
 * @param start address of the first byte
 * @param leading leading dimension byte offset
 * @param stride stride dimension byte offset
 * @param base where the swizzling pattern starts, in rows of 128 bytes, modulo 8
 * @param width bytes of a row of the swizzling pattern: 16 (no swizzling), 32, 64 or 128
 */
record MatrixDescriptor(int start, int leading, int stride, int base, int width) {
  static final int CHUNK = 16;

  /** Rows that make up the pattern of every layout. */
  private static final int ROWS = 8;

  /** Widths by the two highest bits. */
  private static final int[] WIDTHS = {16, 128, 64, 32};

  /** Offsets are stored without their low four bits, in 14. */
  static MatrixDescriptor decode(long bits) {
    return new MatrixDescriptor(
        (int) (bits & 0x3fff) << 4,
        (int) (bits >>> 16 & 0x3fff) << 4,
        (int) (bits >>> 32 & 0x3fff) << 4,
        (int) (bits >>> 49 & 7),
        WIDTHS[(int) (bits >>> 62)]);
  }

  /**
   * Address of a chunk of a K-major matrix.
   *
   * @param row of A, or column of B
   * @param chunk 0 or 1, along k
   */
  int alongK(int row, int chunk) {
    int alongRow = width == CHUNK ? chunk * leading : chunk * CHUNK;
    return swizzled(start + row / ROWS * stride + row % ROWS * width + alongRow);
  }

  /**
   * Address of a chunk of an MN-major matrix.
   *
   * @param block eight rows of A, or columns of B
   */
  int acrossK(int block, int k) {
    if (width == CHUNK) {
      return start + block * stride + k % ROWS * CHUNK + k / ROWS * leading;
    }
    int wide = width / CHUNK;
    int alongRow = block % wide * CHUNK + block / wide * leading;
    return swizzled(start + k / ROWS * stride + k % ROWS * width + alongRow);
  }

  /**
   * A chunk's number within 128 bytes is combined, by exclusive or, with as many bits of the number
   * of the 128 bytes, counted from where the pattern starts.
   */
  private int swizzled(int address) {
    int row = (address >>> 7) - base & width / CHUNK - 1;
    return address ^ row << 4;
  }
}
