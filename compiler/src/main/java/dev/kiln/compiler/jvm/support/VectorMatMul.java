package dev.kiln.compiler.jvm.support;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.jvm.support.MicroKernel.Form;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Matrix products with the Vector API: operands are packed, widened and padded with zeros, and a
 * {@link MicroKernel} runs over tiles of the accumulator, which stays where it is.
 */
public final class VectorMatMul {
  /** A product of so many rows is made of tiles of four, rather than of six and two. */
  private static final int UNEVEN_ROWS = 8;

  private static final int WIDTHS = 3;

  /** Rows so many bytes apart drive each other out of the cache. */
  private static final int SAME_CACHE_SET = 4096;

  private static final int FEW_ROWS = 16;

  private static final MicroKernel[] KERNELS = new MicroKernel[WIDTHS * DType.values().length];

  private VectorMatMul() {}

  /**
   * Runs the product that a {@link DotDescriptor} at an offset describes.
   *
   * @param bits width of the vectors
   */
  public static void run(MemorySegment memory, long descriptor, int bits) {
    long acc = Operands.get(memory, descriptor, DotDescriptor.ACC_DTYPE);
    MicroKernel kernel = kernel(bits, Operands.dtype(acc));
    int batch = (int) Operands.get(memory, descriptor, DotDescriptor.BATCH);
    int m = (int) Operands.get(memory, descriptor, DotDescriptor.M);
    int n = (int) Operands.get(memory, descriptor, DotDescriptor.N);
    int all = (int) Operands.get(memory, descriptor, DotDescriptor.K);
    int k = Operands.depth(memory, descriptor, all);
    Operands.straighten(memory, descriptor, DotDescriptor.A, m, k);
    Operands.straighten(memory, descriptor, DotDescriptor.B, k, n);
    int block = Math.min(k, MicroKernel.DEPTH);
    for (int b = 0; b < batch; b++) {
      for (int l = 0; l < k; l += block) {
        multiply(memory, descriptor, kernel, b, l, Math.min(block, k - l));
      }
    }
  }

  private static MicroKernel kernel(int bits, DType acc) {
    int index = acc.ordinal() * WIDTHS + Integer.numberOfTrailingZeros(bits >> 7);
    MicroKernel kernel = KERNELS[index];
    if (kernel == null) {
      // Threads may race here; any of their instances will do.
      kernel = MicroKernelClass.define(bits, acc);
      KERNELS[index] = kernel;
    }
    return kernel;
  }

  private static void multiply(
      MemorySegment memory, long d, MicroKernel kernel, int batch, int from, int depth) {
    int m = (int) Operands.get(memory, d, DotDescriptor.M);
    int n = (int) Operands.get(memory, d, DotDescriptor.N);
    DType acc = Operands.dtype(Operands.get(memory, d, DotDescriptor.ACC_DTYPE));
    int bytes = acc.bytes();
    int lanes = kernel.lanes();
    long pitchBytes = (long) MicroKernel.pitch(depth) * bytes;
    long rowBytes = (long) n * bytes;
    long a = Operands.get(memory, d, DotDescriptor.PACK);
    boolean inColumns = Operands.get(memory, d, DotDescriptor.COLUMNS) != 0;
    long panel = a + DotDescriptor.leftPanel(m, depth, inColumns) * bytes;
    long buffer = panel + 2L * lanes * bytes * depth;
    long edge = buffer + Packing.BUFFER_BYTES;
    long c = Operands.get(memory, d, DotDescriptor.ACC) + (long) batch * m * rowBytes;
    Form form = depth <= MicroKernel.SHORT_DEPTH ? Form.SHORT_ROWS : Form.LONG_ROWS;
    if (inColumns) {
      form = Form.COLUMNS;
      a = left(memory, d, kernel, batch, from, depth, a, buffer);
    } else if (isDirect(memory, d, batch, from, depth)) {
      int rowAxis = DotDescriptor.A + DotDescriptor.AXES + DotDescriptor.AXIS_SLOTS;
      pitchBytes = Operands.get(memory, d, rowAxis + DotDescriptor.STRIDE);
      a = Operands.place(memory, d, DotDescriptor.A, batch) + (long) from * bytes;
    } else {
      a = left(memory, d, kernel, batch, from, depth, a, buffer);
    }
    if (isRightInPlace(memory, d, lanes, from, depth)) {
      int rowAxis = DotDescriptor.B + DotDescriptor.AXES + DotDescriptor.AXIS_SLOTS;
      long index = Operands.get(memory, d, rowAxis + DotDescriptor.INDEX) + 8L * from;
      long b = Operands.place(memory, d, DotDescriptor.B, batch);
      for (long at = 0; at < rowBytes; at += 2L * lanes * bytes) {
        rows(
            memory,
            kernel,
            Form.UNPACKED_RIGHT,
            a,
            pitchBytes,
            b + at,
            index,
            c + at,
            rowBytes,
            depth,
            m,
            2,
            bytes);
      }
      return;
    }
    long shared = pool(memory, d, DotDescriptor.B);
    if (shared != DotDescriptor.NO_POOL) {
      shared = right(memory, d, kernel, shared, batch, from, depth, buffer);
    }
    int column = 0;
    while (column < n) {
      int vectors = n - column > lanes ? 2 : 1;
      int width = vectors * lanes;
      int columns = Math.min(width, n - column);
      if (shared == DotDescriptor.NO_POOL) {
        packRight(memory, d, kernel, batch, from, depth, column, columns, width, panel, buffer);
      } else {
        panel = shared + (long) column * depth * bytes;
      }
      long tile = c + (long) column * bytes;
      if (columns == width) {
        rows(
            memory,
            kernel,
            form,
            a,
            pitchBytes,
            panel,
            0,
            tile,
            rowBytes,
            depth,
            m,
            vectors,
            bytes);
      } else {
        long edgeBytes = (long) width * bytes;
        copy(memory, tile, rowBytes, edge, edgeBytes, m, columns * bytes);
        rows(
            memory,
            kernel,
            form,
            a,
            pitchBytes,
            panel,
            0,
            edge,
            edgeBytes,
            depth,
            m,
            vectors,
            bytes);
        copy(memory, edge, edgeBytes, tile, rowBytes, m, columns * bytes);
      }
      column += width;
    }
  }

  /** Whether short rows of a can be read where they lie. */
  private static boolean isDirect(MemorySegment memory, long d, int batch, int from, int depth) {
    int operand = DotDescriptor.A;
    long dtype = Operands.get(memory, d, operand + DotDescriptor.DTYPE);
    int rowAxis = operand + DotDescriptor.AXES + DotDescriptor.AXIS_SLOTS;
    int columnAxis = rowAxis + DotDescriptor.AXIS_SLOTS;
    long m = Operands.get(memory, d, DotDescriptor.M);
    return depth <= MicroKernel.SHORT_DEPTH
        && dtype == Operands.get(memory, d, DotDescriptor.ACC_DTYPE)
        && !Operands.isIndexed(memory, d, operand)
        && Operands.get(memory, d, columnAxis + DotDescriptor.STRIDE)
            == Operands.dtype(dtype).bytes()
        && Operands.get(memory, d, rowAxis + DotDescriptor.STRIDE) % SAME_CACHE_SET != 0
        && Operands.isActive(memory, d, operand, 0, batch)
        && Operands.covers(memory, d, rowAxis, 0, m)
        && Operands.covers(memory, d, columnAxis, from, from + depth);
  }

  /**
   * Whether rows of b are read where they lie: somewhere, but whole, and so few rows of a read them
   * that copies are not worth their while.
   */
  private static boolean isRightInPlace(
      MemorySegment anyMemory, long d, int lanes, int from, int depth) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int operand = DotDescriptor.B;
    int rowAxis = operand + DotDescriptor.AXES + DotDescriptor.AXIS_SLOTS;
    int columnAxis = rowAxis + DotDescriptor.AXIS_SLOTS;
    long index = Operands.get(memory, d, rowAxis + DotDescriptor.INDEX);
    long n = Operands.get(memory, d, DotDescriptor.N);
    long dtype = Operands.get(memory, d, operand + DotDescriptor.DTYPE);
    boolean fits =
        index != DotDescriptor.NO_INDEX
            && Operands.get(memory, d, DotDescriptor.M) <= FEW_ROWS
            && Operands.get(memory, d, DotDescriptor.COLUMNS) == 0
            && Operands.get(memory, d, DotDescriptor.BATCH) == 1
            && n % (2L * lanes) == 0
            && dtype == Operands.get(memory, d, DotDescriptor.ACC_DTYPE)
            && Operands.get(memory, d, columnAxis + DotDescriptor.INDEX) == DotDescriptor.NO_INDEX
            && Operands.get(memory, d, columnAxis + DotDescriptor.STRIDE)
                == Operands.dtype(dtype).bytes()
            && Operands.covers(memory, d, columnAxis, 0, n)
            && Operands.covers(memory, d, rowAxis, from, from + depth);
    for (int l = from; fits && l < from + depth; l++) {
      fits = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, index + 8L * l) != DotDescriptor.NOWHERE;
    }
    return fits;
  }

  private static long pool(MemorySegment memory, long d, int operand) {
    long pool = Operands.get(memory, d, operand + DotDescriptor.POOL);
    boolean isUsable =
        pool != DotDescriptor.NO_POOL
            && PanelPool.isUseful(memory, pool)
            && !Operands.isIndexed(memory, d, operand);
    return isUsable ? pool : DotDescriptor.NO_POOL;
  }

  private static long tag(MemorySegment memory, long d, int batch, int from, int depth) {
    return PanelPool.tag(Operands.get(memory, d, DotDescriptor.SITE), batch, from, depth);
  }

  /** Packs rows of a, or finds what an earlier program packed. */
  private static long left(
      MemorySegment memory,
      long d,
      MicroKernel kernel,
      int batch,
      int from,
      int depth,
      long unshared,
      long buffer) {
    int m = (int) Operands.get(memory, d, DotDescriptor.M);
    DType acc = Operands.dtype(Operands.get(memory, d, DotDescriptor.ACC_DTYPE));
    long pool = pool(memory, d, DotDescriptor.A);
    long to = unshared;
    if (pool != DotDescriptor.NO_POOL) {
      long tag = tag(memory, d, batch, from, depth);
      to = PanelPool.find(memory, pool, d + 8L * DotDescriptor.A, tag);
      if (to > 0) {
        return to;
      }
      to = -to;
    }
    if (Operands.get(memory, d, DotDescriptor.COLUMNS) != 0) {
      packColumns(memory, d, kernel, batch, from, depth, to, buffer);
    } else {
      Packing.pack(
          memory,
          kernel,
          d,
          DotDescriptor.A,
          1,
          batch,
          0,
          m,
          from,
          depth,
          to,
          (long) MicroKernel.pitch(depth) * acc.bytes(),
          depth,
          acc,
          buffer);
    }
    return to;
  }

  /** Packs rows of a that lie side by side, in panels of so many. */
  private static void packColumns(
      MemorySegment memory,
      long d,
      MicroKernel kernel,
      int batch,
      int from,
      int depth,
      long to,
      long buffer) {
    int m = (int) Operands.get(memory, d, DotDescriptor.M);
    DType acc = Operands.dtype(Operands.get(memory, d, DotDescriptor.ACC_DTYPE));
    long pitchBytes = (long) MicroKernel.PANEL_ROWS * acc.bytes();
    long panel = to;
    for (int row = 0; row < m; row += MicroKernel.PANEL_ROWS) {
      int rows = Math.min(MicroKernel.PANEL_ROWS, m - row);
      Packing.pack(
          memory,
          kernel,
          d,
          DotDescriptor.A,
          2,
          batch,
          from,
          depth,
          row,
          rows,
          panel,
          pitchBytes,
          rows,
          acc,
          buffer);
      panel += depth * pitchBytes;
    }
  }

  /** Finds the packed columns of b, one panel behind the other, or packs them all. */
  private static long right(
      MemorySegment memory,
      long d,
      MicroKernel kernel,
      long pool,
      int batch,
      int from,
      int depth,
      long buffer) {
    long tag = tag(memory, d, batch, from, depth);
    long to = PanelPool.find(memory, pool, d + 8L * DotDescriptor.B, tag);
    if (to > 0) {
      return to;
    }
    int n = (int) Operands.get(memory, d, DotDescriptor.N);
    int bytes = Operands.dtype(Operands.get(memory, d, DotDescriptor.ACC_DTYPE)).bytes();
    int lanes = kernel.lanes();
    int column = 0;
    while (column < n) {
      int width = n - column > lanes ? 2 * lanes : lanes;
      int columns = Math.min(width, n - column);
      long panel = -to + (long) column * depth * bytes;
      packRight(memory, d, kernel, batch, from, depth, column, columns, width, panel, buffer);
      column += width;
    }
    return -to;
  }

  private static void packRight(
      MemorySegment memory,
      long d,
      MicroKernel kernel,
      int batch,
      int from,
      int depth,
      int column,
      int columns,
      int width,
      long panel,
      long buffer) {
    DType acc = Operands.dtype(Operands.get(memory, d, DotDescriptor.ACC_DTYPE));
    Packing.pack(
        memory,
        kernel,
        d,
        DotDescriptor.B,
        1,
        batch,
        from,
        depth,
        column,
        columns,
        panel,
        (long) width * acc.bytes(),
        width,
        acc,
        buffer);
  }

  /** All tiles of one panel of columns. */
  private static void rows(
      MemorySegment memory,
      MicroKernel kernel,
      Form form,
      long a,
      long pitchBytes,
      long panel,
      long index,
      long c,
      long rowBytes,
      int depth,
      int m,
      int vectors,
      int bytes) {
    boolean columns = form == Form.COLUMNS;
    long panelBytes = (long) MicroKernel.PANEL_ROWS * depth * bytes;
    int row = 0;
    while (row < m) {
      int inPanel = row % MicroKernel.PANEL_ROWS;
      int left = columns ? Math.min(m - row, MicroKernel.PANEL_ROWS - inPanel) : m - row;
      // Two rows keep the multipliers waiting for their sums. Panels of columns are faster
      // greedily.
      boolean uneven = !columns && left == UNEVEN_ROWS && m == UNEVEN_ROWS;
      int height = kernel.nextRows(uneven ? UNEVEN_ROWS / 2 : left);
      kernel.run(
          memory,
          form.ordinal(),
          columns
              ? a + row / MicroKernel.PANEL_ROWS * panelBytes + (long) inPanel * bytes
              : a + row * pitchBytes,
          pitchBytes,
          panel,
          index,
          c + row * rowBytes,
          rowBytes,
          depth,
          height,
          vectors);
      row += height;
    }
  }

  /** Copies the columns of a tile that is narrower than a vector, or back. */
  private static void copy(
      MemorySegment anyMemory, long from, long fromRow, long to, long toRow, int rows, int bytes) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < bytes; j += 4) {
        int word = memory.get(ValueLayout.JAVA_INT, from + i * fromRow + j);
        memory.set(ValueLayout.JAVA_INT, to + i * toRow + j, word);
      }
    }
  }
}
