package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.kernels.launch.Workspace;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Spectral norm of a matrix: {@code y = w / sigma}, with {@code sigma = u^T w v} from power
 * iterations that go on from one call to the next (Miyato et al., "Spectral Normalization for
 * GANs", 2018).
 *
 * <p>Matrices are fp32, fp16, bf16 or fp64 with dense rows; {@code u} (a number for each row),
 * {@code v} (a number for each column) and {@code sigma} (one number) are fp32, beside fp64 fp64.
 * {@code u} starts as any vector that is not orthogonal to the first singular vector, such as
 * random numbers. Not thread-safe.
 */
public final class SpectralNorm implements AutoCloseable {
  private static final String NAME = "SpectralNorm";
  private static final String FILE = "spectral_norm.py";
  private static final int VECTOR_BLOCK = 1024;
  private static final int COLUMN_BLOCK = 256;
  private static final int COLUMN_ROWS = 16;

  private final KernelCall rowsTimes;
  private final KernelCall columnsTimes;
  private final KernelCall toUnitLength;
  private final KernelCall divide;
  private final KernelCall rowDots;
  private final KernelCall backward;
  private final Workspace product;

  public SpectralNorm(Device device) {
    rowsTimes = new KernelCall(FILE, "rows_times_kernel", device);
    columnsTimes = new KernelCall(FILE, "columns_times_kernel", device);
    toUnitLength = new KernelCall(FILE, "to_unit_length_kernel", device);
    divide = new KernelCall(FILE, "divide_kernel", device);
    rowDots = new KernelCall(FILE, "row_dots_kernel", device);
    backward = new KernelCall(FILE, "spectral_norm_backward_kernel", device);
    product = new Workspace(device);
  }

  /**
   * @param w a matrix
   * @param iterations how many times {@code v} and {@code u} are computed anew; 0 in inference
   * @param eps the least length that a vector is divided by, at least 0
   * @param u read and written
   * @param v written, and read if {@code iterations} is 0
   * @param sigma receives one number
   * @param y of the shape and dtype of {@code w}; may be {@code w}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(
      NdArray w, int iterations, double eps, NdArray u, NdArray v, NdArray sigma, NdArray y) {
    check(w, u, v, sigma);
    Rows.like(NAME, "y", y, "w", w);
    Statistics.checkEps(NAME, eps);
    if (iterations < 0) {
      throw Check.fault(NAME, "iterations", "must not be negative, but is " + iterations);
    }
    if (w.size() == 0) {
      return;
    }
    DType compute = Statistics.compute(w);
    for (int i = 0; i < iterations; i++) {
      NdArray wu = product.array(compute, w.dim(1));
      sizes(columnsTimes.start().array(w).array(u).array(wu).integer(w.stride(0)), w)
          .constant(compute)
          .constant(COLUMN_ROWS)
          .constant(COLUMN_BLOCK)
          .over(Grid.cdiv(w.dim(1), COLUMN_BLOCK));
      unit(wu, v, null, null, eps, compute);
      timesV(w, v, compute);
      unit(product.array(compute, w.dim(0)), u, null, null, eps, compute);
    }
    timesV(w, v, compute);
    unit(product.array(compute, w.dim(0)), null, u, sigma, eps, compute);
    divide.start().array(w).array(sigma).array(y);
    tiles(divide.integer(w.stride(0)).integer(y.stride(0)), w, compute);
  }

  /**
   * The gradient of {@code w} with {@code u} and {@code v} held fixed.
   *
   * @param dy the gradient of {@code y}, of the shape and dtype of {@code w}
   * @param u as {@link #forward} left it
   * @param v as {@link #forward} left it
   * @param sigma from {@link #forward}
   * @param dw receives the gradient; may be {@code dy}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(NdArray dy, NdArray w, NdArray u, NdArray v, NdArray sigma, NdArray dw) {
    check(w, u, v, sigma);
    Rows.like(NAME, "dy", dy, "w", w);
    Rows.like(NAME, "dw", dw, "w", w);
    if (w.size() == 0) {
      return;
    }
    DType compute = Statistics.compute(w);
    NdArray dots = product.array(compute, w.dim(0));
    rowDots.start().array(dy).array(w).array(dots).integer(dy.stride(0)).integer(w.stride(0));
    rows(rowDots, w, compute);
    // y = w / sigma: sum(dy y) = sum(dy w) / sigma.
    backward.start().array(dy).array(u).array(v).array(sigma).array(dots).array(dw);
    tiles(backward.integer(dy.stride(0)).integer(dw.stride(0)), w, compute);
  }

  private void timesV(NdArray w, NdArray v, DType compute) {
    NdArray wv = product.array(compute, w.dim(0));
    rows(rowsTimes.start().array(w).array(v).array(wv).integer(w.stride(0)), w, compute);
  }

  private void unit(
      NdArray x, NdArray result, NdArray dot, NdArray sigma, double eps, DType compute) {
    toUnitLength
        .start()
        .array(x)
        .array(result)
        .array(dot)
        .array(sigma)
        .integer(x.size())
        .number(compute, eps)
        .constant(compute)
        .constant(VECTOR_BLOCK)
        .over(1);
  }

  private static KernelCall sizes(KernelCall call, NdArray w) {
    return call.integer(w.dim(0)).integer(w.dim(1));
  }

  /** A program for some rows, which it walks through. */
  private static void rows(KernelCall call, NdArray w, DType compute) {
    int tileRows = Rows.tileRows(w.dim(0), w.dim(1));
    sizes(call, w)
        .constant(compute)
        .constant(tileRows)
        .constant(Rows.stepBlock(w.dim(1)))
        .over(Grid.cdiv(w.dim(0), tileRows));
  }

  /** A program for each tile. */
  private static void tiles(KernelCall call, NdArray w, DType compute) {
    int tileRows = Rows.tileRows(w.dim(0), w.dim(1));
    int block = Rows.stepBlock(w.dim(1));
    sizes(call, w)
        .constant(compute)
        .constant(tileRows)
        .constant(block)
        .over(Grid.cdiv(w.dim(0), tileRows), Grid.cdiv(w.dim(1), block), 1);
  }

  private static void check(NdArray w, NdArray u, NdArray v, NdArray sigma) {
    Rows.check(NAME, "w", w);
    Check.matrix(NAME, "w", w);
    Statistics.check(NAME, "u", u, w, w.dim(0));
    Statistics.check(NAME, "v", v, w, w.dim(1));
    Statistics.check(NAME, "sigma", sigma, w, 1);
  }

  @Override
  public void close() {
    product.close();
  }
}
