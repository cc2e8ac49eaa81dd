package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.sim.TensorMap;

/**
 * The box that one tensor copy moves: pieces that lie side by side both in global and in shared
 * memory. Shared memory holds the box densely, dimension 0 innermost, each 16-byte chunk where the
 * swizzle puts it. PTX ISA, "Tensors", "Swizzling Modes".
 */
final class TensorBox {
  private static final int CHUNK = 16;

  private final TensorMap map;
  private final int[] at;

  /** A piece of a box. */
  interface PieceVisitor {
    /**
     * @param shared address in shared memory, swizzled
     * @param bytes of the piece in shared memory
     * @param skip how many of them lie before the tensor's bounds
     * @param global address of the bytes after those
     * @param inside bytes within bounds; the rest lies behind them
     */
    void piece(long shared, int bytes, int skip, long global, int inside);
  }

  /**
   * @param at coordinates of the box's first element, dimension 0 first; may be out of bounds
   */
  TensorBox(TensorMap map, int[] at) {
    this.map = map;
    this.at = at;
  }

  TensorMap map() {
    return map;
  }

  /**
   * Visits all pieces.
   *
   * @param base address of the box in shared memory
   */
  void forEach(long base, PieceVisitor visitor) {
    int rank = map.rank();
    int element = map.type().bytes();
    int inner = map.box(0) * element;
    int chunk = map.swizzle() == TensorMap.Swizzle.NONE ? inner : CHUNK;
    // The bytes of a row within bounds; no coordinate and no extent comes near the range of long.
    long first = Math.clamp(-(long) at[0] * element, 0, inner);
    long end = Math.clamp((map.dimension(0) - at[0]) * element, first, inner);
    int[] index = new int[rank];
    long row = base;
    do {
      boolean inBounds = true;
      long address = map.address() + (long) at[0] * element;
      for (int i = 1; i < rank; i++) {
        long coordinate = at[i] + (long) index[i] * map.elementStride(i);
        inBounds &= coordinate >= 0 && coordinate < map.dimension(i);
        address += coordinate * map.stride(i);
      }
      for (int offset = 0; offset < inner; offset += chunk) {
        int bytes = Math.min(chunk, inner - offset);
        long from = inBounds ? Math.clamp(first, offset, offset + bytes) : offset;
        long to = inBounds ? Math.clamp(end, from, offset + bytes) : from;
        visitor.piece(
            map.swizzle().apply(row + offset),
            bytes,
            (int) (from - offset),
            address + from,
            (int) Math.max(0, to - from));
      }
      row += inner;
    } while (next(index));
  }

  private boolean next(int[] index) {
    for (int i = 1; i < index.length; i++) {
      index[i]++;
      if (index[i] < map.count(i)) {
        return true;
      }
      index[i] = 0;
    }
    return false;
  }
}
