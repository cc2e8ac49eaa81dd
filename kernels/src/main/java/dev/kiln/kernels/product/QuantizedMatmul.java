package dev.kiln.kernels.product;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Products with weights of 8 or 4 bits: {@code c = epilogue(a w)}. Sums are in fp32. Not
 * thread-safe.
 */
public final class QuantizedMatmul {
  private static final String NAME = "QuantizedMatmul";
  private static final String FILE = "quantized_matmul.py";
  private static final int MOST_ROW_BLOCK = 4096;

  /** Products of so few rows do not go through tiles; as in {@link Matmul}. */
  private static final int SKINNY_M = 8;

  private static final int SKINNY_LEAST_RUN = 128;
  private static final int SKINNY_RUN = 1024;
  private static final int SKINNY_RUNS = 2;
  private static final int SKINNY_PROGRAMS = 8;

  private final TileChoice choice;
  private final KernelCall product;
  private final KernelCall skinny;
  private final KernelCall rows;

  /** Chooses tiles by the problem and the device. */
  public QuantizedMatmul(Device device) {
    this(device, null);
  }

  /**
   * @param tiles for all products, or null to choose them; their {@code k} is the group instead
   */
  public QuantizedMatmul(Device device, MatmulTiles tiles) {
    choice = new TileChoice(device, tiles);
    product = new KernelCall(FILE, "quantized_matmul_kernel", device);
    skinny = new KernelCall(FILE, "quantized_skinny_kernel", device);
    rows = new KernelCall(FILE, "quantize_rows_kernel", device);
  }

  /**
   * {@code c = epilogue(a w)}.
   *
   * @param a {@code M x K}, any strides: fp32, fp16 or bf16
   * @param w {@code K x N}
   * @param c {@code M x N}, any strides: fp32, fp16 or bf16
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray a, QuantizedWeight w, Epilogue epilogue, NdArray c) {
    Check.matrix(NAME, "a", a);
    Check.floats(NAME, "a", a);
    if (a.dim(1) != w.k()) {
      throw Check.fault(NAME, "a", "must have " + w.k() + " columns, but is " + a);
    }
    long m = a.dim(0);
    long n = w.n();
    Check.matrix(NAME, "c", c, m, n);
    Check.floats(NAME, "c", c);
    Check.apart(NAME, "c", c, "a", a);
    epilogue.check(NAME, c, m, n);
    if (m == 0 || n == 0) {
      return;
    }
    boolean isSkinny = choice.isFree() && m <= SKINNY_M;
    KernelCall call = isSkinny ? skinny : product;
    call.start().array(a).array(w.q()).array(w.scales()).array(w.zeros());
    epilogue.pass(call, c, DType.FP32);
    call.integer(m)
        .integer(n)
        .integer(w.k())
        .integer(a.stride(0))
        .integer(a.stride(1))
        .integer(w.q().stride(0))
        .integer(w.q().stride(1))
        .integer(c.stride(0))
        .integer(c.stride(1));
    epilogue.passStrides(call);
    call.constant(w.bits()).constant(w.group()).constant(epilogue.activation().kernelName());
    if (isSkinny) {
      int run = BlockSizes.around(n / SKINNY_PROGRAMS, SKINNY_LEAST_RUN, SKINNY_RUN);
      int blockM = BlockSizes.around(m, 1, SKINNY_M);
      call.constant(blockM)
          .constant(run)
          .constant(SKINNY_RUNS)
          .over(Grid.cdiv(m, blockM) * Grid.cdiv(n, run));
      return;
    }
    MatmulTiles tiles = choice.tiles(a.dtype(), 1, m, n, w.group());
    call.constant(Precision.IEEE.kernelName())
        .constant(tiles.m())
        .constant(tiles.n())
        .constant(tiles.groupM())
        .tuned(tiles.warps(), tiles.stages())
        .over(tiles.count(m, n));
  }

  /**
   * Rows as i8 with a scale each, for {@link Matmul} with {@link Epilogue#rowScale}: {@code scale =
   * max |x| / 127}, {@code q = x / scale} to nearest. A row of zeros has scale 0.
   *
   * @param x {@code M x N}, any strides: fp32, fp16 or bf16
   * @param q {@code M x N} of i8, contiguous
   * @param scales {@code M} of fp32
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void quantizeRows(NdArray x, NdArray q, NdArray scales) {
    Check.matrix(NAME, "x", x);
    Check.floats(NAME, "x", x);
    Check.sameShape(NAME, "q", q, "x", x);
    Check.contiguous(NAME, "q", q);
    if (q.dtype() != DType.I8) {
      throw Check.fault(NAME, "q", "must be i8, but is " + q);
    }
    Check.vector(NAME, "scales", scales, x.dim(0));
    Check.fp32(NAME, "scales", scales);
    rows.start()
        .array(x)
        .array(q)
        .array(scales)
        .integer(x.dim(1))
        .integer(x.stride(0))
        .integer(x.stride(1))
        .constant(BlockSizes.around(x.dim(1), 16, MOST_ROW_BLOCK))
        .over(Math.toIntExact(x.dim(0)));
  }
}
