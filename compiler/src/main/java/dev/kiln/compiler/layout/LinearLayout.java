package dev.kiln.compiler.layout;

import dev.kiln.compiler.ir.Shape;
import java.util.Arrays;

/**
 * Which element of a tile each (register, lane, warp, block) holds: a linear map over GF(2) from
 * the bits of these four numbers to the bits of the element's row-major index. A basis vector is
 * what one bit maps to; the element of any combination is the exclusive or of the vectors of its
 * bits. A zero vector means that the bit does not matter: both hold the same element.
 *
 * <p>Row-major indices have room for all coordinates (extents are powers of two), so that a reshape
 * changes the shape only. The innermost axis has the low bits.
 *
 * @param shape of the tile
 * @param registers a basis vector for each bit of the register number, lowest first
 * @param lanes five basis vectors
 * @param warps log2 of the number of warps
 * @param blocks of a cluster; empty without clusters
 */
public record LinearLayout(Shape shape, int[] registers, int[] lanes, int[] warps, int[] blocks) {
  /** How many registers of a thread hold elements, those that repeat others included. */
  public int registerCount() {
    return 1 << registers.length;
  }

  public int warpCount() {
    return 1 << warps.length;
  }

  /** The row-major index of an element. */
  public int index(int register, int lane, int warp) {
    return combine(registers, register) ^ combine(lanes, lane) ^ combine(warps, warp);
  }

  /**
   * The part of the index that the register gives: {@code index(r, l, w) = register(r) ^ index(0,
   * l, w)}.
   */
  public int registerIndex(int register) {
    return combine(registers, register);
  }

  static int combine(int[] bases, int number) {
    int index = 0;
    for (int bit = 0; bit < bases.length; bit++) {
      index ^= (number >> bit & 1) == 0 ? 0 : bases[bit];
    }
    return index;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LinearLayout layout
        && shape.equals(layout.shape)
        && Arrays.equals(registers, layout.registers)
        && Arrays.equals(lanes, layout.lanes)
        && Arrays.equals(warps, layout.warps)
        && Arrays.equals(blocks, layout.blocks);
  }

  @Override
  public int hashCode() {
    return 31
            * (31 * (31 * Arrays.hashCode(registers) + Arrays.hashCode(lanes))
                + Arrays.hashCode(warps))
        + shape.hashCode();
  }
}
