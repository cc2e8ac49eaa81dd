package dev.kiln.runtime.sim.isa.tensor;

/**
 * How a product is divided among registers. Rows come in blocks of 16 (or one of 8), columns in
 * blocks of 8; a block of 16 rows has two halves of 8. A plane is what one element of one register
 * holds in all 32 lanes.
 *
 * @param m rows of A, C and D
 * @param n columns of B, C and D
 * @param depth elements along k; words of 32 bits for {@code b1}
 * @param packed neighbours along k in a register
 */
record Tiling(int m, int n, int depth, int packed) {
  static Tiling of(Shape shape, Element element) {
    return element == Element.B1
        ? new Tiling(shape.m(), shape.n(), shape.k() / 32, 1)
        : new Tiling(shape.m(), shape.n(), shape.k(), element.perRegister());
  }

  /** Halves of a block of rows: 2, or 1 where there are 8 rows. */
  int halves() {
    return m == 8 ? 1 : 2;
  }

  int rowBlocks() {
    return m == 8 ? 1 : m / 16;
  }

  int columnBlocks() {
    return n / 8;
  }

  /** Registers along k. */
  int steps() {
    return depth / (4 * packed);
  }

  int registersOfA() {
    return rowBlocks() * halves() * steps();
  }

  int registersOfB() {
    return columnBlocks() * steps();
  }

  /** Elements of C or D in a lane. */
  int accumulators() {
    return m * n / 32;
  }

  /** First value of A's plane in an array of planes: of a block's half, a step and an element. */
  int planeOfA(int rowBlock, int half, int step, int element) {
    return (((rowBlock * steps() + step) * halves() + half) * packed + element) * 32;
  }

  /**
   * Number of an accumulator in its lane. In a block of rows, columns go on after the halves.
   *
   * @param parity 0 for column 2t, 1 for 2t + 1
   */
  int accumulator(int rowBlock, int columnBlock, int half, int parity) {
    return ((rowBlock * columnBlocks() + columnBlock) * halves() + half) * 2 + parity;
  }

  /**
   * First value of a row of B as the product wants it: the four even or odd columns of a block,
   * repeated four times.
   */
  int rowOfB(int columnBlock, int k, int parity) {
    return ((columnBlock * depth + k) * 2 + parity) * Planes.REPEATED;
  }
}
