package dev.kiln.compiler.jvm.support;

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

  /** Where the slots of the operands start. */
  public static final int A = 7;

  /** Within an operand: its dtype, whether its integers are signed, its offset, its axes. */
  public static final int DTYPE = 0;

  public static final int SIGNED = 1;
  public static final int ADDRESS = 2;

  /** Three axes: batch, rows, columns. */
  public static final int AXES = 3;

  /** Within an axis: bytes between neighbours, or the offset of a vector of byte offsets. */
  public static final int STRIDE = 0;

  public static final int INDEX = 1;

  /** Active indices: {@code LOWER <= i < UPPER}, within the axis. */
  public static final int LOWER = 2;

  public static final int UPPER = 3;
  public static final int AXIS_SLOTS = 4;
  public static final int B = A + AXES + 3 * AXIS_SLOTS;

  /** Size of a descriptor. */
  public static final long BYTES = 512;

  /** {@link #INDEX} of an axis with a stride. */
  public static final long NO_INDEX = -1;

  /** Widest panel of columns, in elements: two vectors of 512 bits of 4 bytes. */
  private static final int PANEL = 32;

  private DotDescriptor() {}

  /** Size of the area for packed copies, of whichever routine needs more. */
  public static long packBytes(int m, int n, int k, int accBytes) {
    long depth = Math.min(k, MicroKernel.LONG_DEPTH);
    long panels = (long) m * MicroKernel.pitch((int) depth) + PANEL * depth + (long) m * PANEL;
    long whole = (long) m * k + (long) k * n;
    return Math.max(panels * accBytes + Packing.BUFFER_BYTES, whole * accBytes);
  }
}
