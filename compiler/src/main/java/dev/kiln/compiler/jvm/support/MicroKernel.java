package dev.kiln.compiler.jvm.support;

import java.lang.foreign.MemorySegment;

/**
 * The innermost loops of a matrix product for one element type and vector width; {@link
 * MicroKernelClass} writes its classes. An instance has no state.
 */
public abstract class MicroKernel {
  /** Most columns of k that one call takes, and how many are few. */
  static final int DEPTH = 256;

  static final int SHORT_DEPTH = 64;

  /** Beyond the depth, so that rows do not compete for the same cache sets. */
  private static final int PITCH_PADDING = 16;

  /** Elements between packed rows of {@code a}. */
  static int pitch(int depth) {
    return (depth <= SHORT_DEPTH ? SHORT_DEPTH : DEPTH) + PITCH_PADDING;
  }

  /** Most rows of a panel of columns, and the elements from one column to the next. */
  static final int PANEL_ROWS = 32;

  /** How {@code a} lies. */
  enum Form {
    /** Packed rows of more than {@link #SHORT_DEPTH} elements, their {@link #pitch} apart. */
    LONG_ROWS,
    /** Rows of at most so many elements, of any pitch. */
    SHORT_ROWS,
    /** Columns, {@link #PANEL_ROWS} apart. */
    COLUMNS,
    /** As {@link #SHORT_ROWS}, of any length; and rows of b are not packed but indexed. */
    UNPACKED_RIGHT
  }

  /** Elements of a vector. */
  public abstract int lanes();

  /** Most rows of a tile; tiles have this many or a {@link #nextRows smaller number} of rows. */
  public abstract int maxRows();

  /** The largest number of rows that a tile can have when so many are left. */
  public abstract int nextRows(int left);

  /**
   * {@code c[i,j] += sum over l of a[i,l] * b[l,j]} for a tile, each element in one chain of fused
   * multiply-adds over ascending l.
   *
   * @param form number of a {@link Form}
   * @param a offset of the first element of a
   * @param pitchBytes bytes between short rows of a
   * @param b offset of the packed panel of b: {@code vectors * lanes()} elements for each l
   * @param index offset of a vector of longs, what to add to {@code b} for each l, if b is not
   *     packed
   * @param c offset of the tile
   * @param rowBytes bytes between the tile's rows
   * @param depth the number of l
   * @param rows of the tile, from {@link #nextRows}
   * @param vectors in a row of the tile: 1 or 2
   */
  public abstract void run(
      MemorySegment memory,
      int form,
      long a,
      long pitchBytes,
      long b,
      long index,
      long c,
      long rowBytes,
      int depth,
      int rows,
      int vectors);

  /**
   * Transposes a square of {@link #lanes()} lines of as many elements of 4 bytes.
   *
   * @param fromLine bytes between the lines read
   * @param toLine bytes between the lines written
   */
  public abstract void transpose(
      MemorySegment memory, long from, long fromLine, long to, long toLine);
}
