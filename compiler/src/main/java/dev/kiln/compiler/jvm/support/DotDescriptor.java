package dev.kiln.compiler.jvm.support;

import dev.kiln.compiler.loop.TileRef;

/**
 * The arguments of a matrix product, as longs in scratch memory: what a generated class and the
 * shared routines agree on. Offsets are relative to the start of the memory.
 */
public final class DotDescriptor {
  public static final int BATCH = 0;
  public static final int M = 1;
  public static final int N = 2;
  public static final int K = 3;

  /** Offset of the accumulator, row-major. */
  public static final int ACC = 4;

  /** {@code DType.ordinal()} of the accumulator. */
  public static final int ACC_DTYPE = 5;

  /** Offset of the area for packed copies, 64-byte aligned. */
  public static final int PACK = 6;

  /** Which product of the kernel it is. */
  public static final int SITE = 7;

  /** Whether packed panels of {@code a} hold columns: 1 or 0. */
  public static final int COLUMNS = 8;

  /** Where the slots of the operands start. */
  public static final int A = 9;

  /** Within an operand: its dtype, whether its integers are signed, its offset. */
  public static final int DTYPE = 0;

  public static final int SIGNED = 1;
  public static final int ADDRESS = 2;

  /** Offset of the {@link PanelPool} for its packed copies, or {@link #NO_POOL}. */
  public static final int POOL = 3;

  /** Three axes: batch, rows, columns. */
  public static final int AXES = 4;

  /** Within an axis: bytes between neighbours, or the offset of a vector of byte offsets. */
  public static final int STRIDE = 0;

  public static final int INDEX = 1;

  /** Active indices: {@code LOWER <= i < UPPER}, within the axis. */
  public static final int LOWER = 2;

  public static final int UPPER = 3;
  public static final int AXIS_SLOTS = 4;
  public static final int OPERAND_SLOTS = AXES + 3 * AXIS_SLOTS;
  public static final int B = A + OPERAND_SLOTS;

  /** Size of a descriptor. */
  public static final long BYTES = 512;

  /** {@link #INDEX} of an axis with a stride. */
  public static final long NO_INDEX = -1;

  /** An offset in such a vector that stands for no element. */
  public static final long NOWHERE = TileRef.Indexed.NOWHERE;

  /** {@link #POOL} of an operand that may change while a launch runs. */
  public static final long NO_POOL = -1;

  /** Widest panel of columns, in elements: two vectors of 512 bits of 4 bytes. */
  private static final int PANEL = 32;

  private DotDescriptor() {}

  /** Size of the area for packed copies, of whichever routine needs more. */
  public static long packBytes(int m, int n, int depth, boolean columns, int accBytes) {
    long block = Math.min(depth, MicroKernel.DEPTH);
    long panels = leftPanel(m, (int) block, columns) + PANEL * block + (long) m * PANEL;
    long whole = (m + (long) n) * block;
    return Math.max(panels * accBytes + Packing.BUFFER_BYTES, whole * accBytes);
  }

  /** Size of the packed copy of a block of {@code m} rows of {@code a}. */
  public static long leftPanelBytes(int m, int depth, boolean columns, int accBytes) {
    return leftPanel(m, Math.min(depth, MicroKernel.DEPTH), columns) * accBytes;
  }

  /** Elements of {@code m} packed rows. */
  static long leftPanel(int m, int depth, boolean columns) {
    int panels = Math.ceilDiv(m, MicroKernel.PANEL_ROWS);
    return columns
        ? (long) panels * MicroKernel.PANEL_ROWS * depth
        : (long) m * MicroKernel.pitch(depth);
  }

  /** Size of the packed copy of a block of {@code n} columns of {@code b}. */
  public static long rightPanelBytes(int n, int depth, int accBytes) {
    int block = Math.min(depth, MicroKernel.DEPTH);
    return ((long) n + PANEL - 1) / PANEL * PANEL * block * accBytes;
  }
}
