package dev.kiln.kernels.classical;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Squared Euclidean distances between two sets of points: sums of squared differences in the order
 * of the features, in fp32 (fp64 for fp64 arrays). Equal points are at distance 0. Not thread-safe.
 */
public final class Distances implements AutoCloseable {
  private static final String NAME = "Distances";
  private static final int LEAST_SIDE = 16;
  private static final int COLS_ON_CPU = 64;
  private static final int COLS_ON_GPU = 32;

  private final KernelCall call;
  private final Transposed transposed;
  private final boolean isGpu;

  public Distances(Device device) {
    call = new KernelCall("distances.py", "distances_kernel", device);
    transposed = new Transposed(device);
    isGpu = device.target().isGpu();
  }

  /**
   * {@code squares[i][j] = |x[i] - c[j]|^2}.
   *
   * @param x {@code M x D}, a point in each row, rows without gaps: fp32, fp16, bf16 or fp64
   * @param c {@code N x D}, of the dtype of {@code x}, any strides; fastest if its columns have no
   *     gaps, as a transposed view has
   * @param squares {@code M x N}, contiguous: fp64 if {@code x} is, otherwise fp32
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray x, NdArray c, NdArray squares) {
    PointSets.check(NAME, "x", x);
    PointSets.alike(NAME, "c", c, "x", x);
    Check.matrix(NAME, "squares", squares, x.dim(0), c.dim(0));
    DType compute = PointSets.compute(x);
    if (squares.dtype() != compute) {
      throw Check.fault(NAME, "squares", "must be " + compute + ", but is " + squares);
    }
    if (squares.size() == 0) {
      return;
    }
    Check.contiguous(NAME, "squares", squares);
    Check.apart(NAME, "squares", squares, "x", x);
    Check.apart(NAME, "squares", squares, "c", c);
    int cols = BlockSizes.around(c.dim(0), LEAST_SIDE, isGpu ? COLS_ON_GPU : COLS_ON_CPU);
    int rows = BlockSizes.around(x.dim(0), LEAST_SIDE, BlockSizes.elements(call.device()) / cols);
    NdArray features = transposed.of(c);
    call.start().array(x).array(features).array(squares);
    call.integer(x.dim(0)).integer(c.dim(0)).integer(x.dim(1));
    call.integer(x.stride(0)).integer(features.stride(0));
    call.constant(compute).constant(rows).constant(cols);
    call.over(Grid.cdiv(x.dim(0), rows), Grid.cdiv(c.dim(0), cols), 1);
  }

  @Override
  public void close() {
    transposed.close();
  }
}
