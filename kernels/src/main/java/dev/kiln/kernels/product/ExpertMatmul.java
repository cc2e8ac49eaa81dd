package dev.kiln.kernels.product;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Products of a mixture of experts: rows are sorted by expert, and each expert has a matrix. How
 * many rows an expert has is known on the device only. Not thread-safe.
 *
 * <p>The gradient of the rows is {@link #run} with the matrices transposed ({@code permute(0, 2,
 * 1)}), that of the matrices {@link #gradient}.
 */
public final class ExpertMatmul {
  private static final String NAME = "ExpertMatmul";
  private static final String FILE = "grouped_matmul.py";

  private final TileChoice choice;
  private final Precision precision;
  private final KernelCall product;
  private final KernelCall gradient;

  /** Chooses tiles by the problem and the device. */
  public ExpertMatmul(Device device) {
    this(device, null, Precision.IEEE);
  }

  /**
   * @param tiles for all products, or null to choose them
   * @param precision of products of fp32 numbers
   */
  public ExpertMatmul(Device device, MatmulTiles tiles, Precision precision) {
    choice = new TileChoice(device, tiles);
    this.precision = precision;
    product = new KernelCall(FILE, "expert_matmul_kernel", device);
    gradient = new KernelCall(FILE, "expert_gradient_kernel", device);
  }

  /**
   * {@code c[rows of e] = epilogue(a[rows of e] b[e])} for each expert {@code e}. Rows behind
   * {@code offsets[E]} are left alone.
   *
   * @param a {@code T x K}, any strides: fp32, fp16, bf16 or fp64
   * @param offsets {@code E + 1} numbers, ascending from 0 to at most {@code T}: i32 or i64
   * @param b {@code E x K x N}, any strides, of the dtype of {@code a}
   * @param epilogue its bias and column scales are {@code E x N}, contiguous; its row scales {@code
   *     T} numbers, for example what the router gives
   * @param c {@code T x N}, any strides; fp64 exactly if {@code a} is
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray a, NdArray offsets, NdArray b, Epilogue epilogue, NdArray c) {
    checkRows("a", a);
    long experts = experts(b, "b", offsets);
    Check.matrices(NAME, "b", b, a.dim(1), b.dim(2));
    Check.sameDType(NAME, "b", b, "a", a);
    long rows = a.dim(0);
    long n = b.dim(2);
    Check.matrix(NAME, "c", c, rows, n);
    result("c", c, a);
    Check.apart(NAME, "c", c, "a", a);
    epilogue.checkExperts(NAME, c, experts, rows, n);
    if (rows == 0 || n == 0 || experts == 0) {
      return;
    }
    MatmulTiles tiles = tiles(a, rows / experts + 1, n, a.dim(1));
    int rowTiles = Math.toIntExact(rows / tiles.m() + experts);
    DType compute = Matmul.compute(c);
    product.start().array(a).array(b).array(offsets);
    epilogue.pass(product, c, compute);
    product
        .integer(experts)
        .integer(rowTiles)
        .integer(n)
        .integer(a.dim(1))
        .integer(a.stride(0))
        .integer(a.stride(1));
    strides(product, b);
    product.integer(c.stride(0)).integer(c.stride(1));
    epilogue.passStrides(product);
    product
        .constant(epilogue.activation().kernelName())
        .constant(Matmul.accumulator(a))
        .constant(compute)
        .constant(precision.kernelName())
        .constant(tiles.m())
        .constant(tiles.n())
        .constant(tiles.k())
        .tuned(tiles.warps(), tiles.stages())
        .over(Math.multiplyExact(rowTiles, Grid.cdiv(n, tiles.n())));
  }

  /**
   * {@code g[e] = a[rows of e]^T d[rows of e] + beta g[e]}, and with {@code biasGradient} the sums
   * of the rows of {@code d} beside it.
   *
   * @param a {@code T x K}, any strides: what the experts read
   * @param offsets as for {@link #run}
   * @param d {@code T x N}, any strides, of the dtype of {@code a}: the gradient of their results
   * @param beta factor of what {@code g} and {@code biasGradient} hold before; with 0 they are not
   *     read
   * @param g {@code E x K x N}, any strides; fp64 exactly if {@code a} is
   * @param biasGradient {@code E x N}, contiguous; or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void gradient(
      NdArray a, NdArray offsets, NdArray d, double beta, NdArray g, NdArray biasGradient) {
    checkRows("a", a);
    Check.matrix(NAME, "d", d, a.dim(0), d.rank() == 2 ? d.dim(1) : 0);
    Check.sameDType(NAME, "d", d, "a", a);
    long m = a.dim(1);
    long n = d.dim(1);
    Check.matrices(NAME, "g", g, m, n);
    result("g", g, a);
    long experts = experts(g, "g", offsets);
    if (biasGradient != null) {
      Check.matrix(NAME, "biasGradient", biasGradient, experts, n);
      Check.contiguous(NAME, "biasGradient", biasGradient);
      result("biasGradient", biasGradient, a);
    }
    if (n == 0 || experts == 0 || (m == 0 && biasGradient == null)) {
      return;
    }
    MatmulTiles tiles = tiles(a, m, n, experts == 0 ? 0 : a.dim(0) / experts + 1);
    DType acc = Matmul.accumulator(a);
    gradient.start().array(a).array(d).array(offsets).array(g).array(biasGradient);
    if (beta == 0) {
      gradient.array(null);
    } else {
      gradient.number(acc, beta);
    }
    gradient.integer(m).integer(n).integer(a.stride(0)).integer(a.stride(1));
    gradient.integer(d.stride(0)).integer(d.stride(1));
    strides(gradient, g);
    gradient
        .constant(acc)
        .constant(precision.kernelName())
        .constant(tiles.m())
        .constant(tiles.n())
        .constant(tiles.k())
        .constant(tiles.groupM())
        .tuned(tiles.warps(), tiles.stages())
        .over(Math.multiplyExact(tiles.count(Math.max(m, 1), n), (int) experts));
  }

  private MatmulTiles tiles(NdArray a, long m, long n, long k) {
    return choice.tiles(a.dtype(), 1, m, n, k);
  }

  private static void strides(KernelCall call, NdArray array) {
    call.integer(array.stride(0)).integer(array.stride(1)).integer(array.stride(2));
  }

  private static void checkRows(String argument, NdArray array) {
    Check.matrix(NAME, argument, array);
    Check.floatsOrDoubles(NAME, argument, array);
  }

  private static void result(String argument, NdArray array, NdArray a) {
    Check.floatsOrDoubles(NAME, argument, array);
    if ((a.dtype() == DType.FP64) != (array.dtype() == DType.FP64)) {
      throw Check.fault(NAME, argument, "must be fp64 exactly if 'a' is, but is " + array);
    }
  }

  private static long experts(NdArray matrices, String argument, NdArray offsets) {
    if (matrices.rank() != 3) {
      throw Check.fault(NAME, argument, "must hold a matrix for each expert, but is " + matrices);
    }
    long experts = matrices.dim(0);
    Check.vector(NAME, "offsets", offsets, experts + 1);
    Check.indices(NAME, "offsets", offsets);
    return experts;
  }
}
