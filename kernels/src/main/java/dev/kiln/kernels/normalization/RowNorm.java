package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/** What layer norm and RMS norm share: they differ in whether the mean is taken off. */
final class RowNorm implements AutoCloseable {
  private static final String FILE = "row_norm.py";

  /** Rows of a tile, and columns, where the gradients of parameters have a kernel of their own. */
  private static final int PARAMETER_ROWS = 4;

  private static final int PARAMETER_BLOCK = 1024;

  private final String name;
  private final boolean centered;
  private final KernelCall forward;
  private final KernelCall stream;
  private final KernelCall backward;
  private final KernelCall parameters;
  private final PartialSums weightSums;
  private final PartialSums biasSums;

  RowNorm(String name, boolean centered, Device device) {
    this.name = name;
    this.centered = centered;
    forward = new KernelCall(FILE, "row_norm_forward_kernel", device);
    stream = new KernelCall(FILE, "row_norm_stream_kernel", device);
    backward = new KernelCall(FILE, "row_norm_backward_kernel", device);
    parameters = new KernelCall(FILE, "row_norm_parameters_kernel", device);
    weightSums = new PartialSums(device);
    biasSums = new PartialSums(device);
  }

  void forward(
      NdArray x,
      NdArray residual,
      NdArray sum,
      NdArray weight,
      NdArray bias,
      double eps,
      NdArray y,
      NdArray mean,
      NdArray rstd) {
    Rows.check(name, "x", x);
    Rows.like(name, "y", y, "x", x);
    Check.inPlaceOrApart(name, "y", y, "x", x);
    if (residual != null) {
      Rows.like(name, "residual", residual, "x", x);
      Rows.like(name, "sum", sum, "x", x);
      Check.apart(name, "sum", sum, "x", x);
      Check.apart(name, "sum", sum, "residual", residual);
    }
    long rows = Rows.count(x);
    long columns = Rows.columns(x);
    Statistics.checkParameter(name, "weight", weight, columns);
    Statistics.checkParameter(name, "bias", bias, columns);
    Statistics.checkOptional(name, "mean", mean, x, rows);
    Statistics.checkOptional(name, "rstd", rstd, x, rows);
    Statistics.checkEps(name, eps);
    if (x.size() == 0) {
      return;
    }
    if (residual == null && Rows.stream(stream.device(), columns)) {
      stream(x, weight, bias, eps, y, mean, rstd);
      return;
    }
    int tileRows = Rows.tileRows(rows, columns);
    DType compute = Statistics.compute(x);
    forward
        .start()
        .array(x)
        .array(residual)
        .array(sum)
        .array(weight)
        .array(bias)
        .array(y)
        .array(mean)
        .array(rstd)
        .integer(Rows.stride(x))
        .integer(Rows.stride(residual))
        .integer(Rows.stride(sum))
        .integer(Rows.stride(y))
        .integer(rows)
        .integer(columns)
        .number(compute, eps)
        .constant(centered)
        .constant(compute)
        .constant(tileRows)
        .constant(Rows.block(columns))
        .constant(Rows.whole(columns))
        .tuned(Rows.warps(tileRows, columns), 2)
        .over(Grid.cdiv(rows, tileRows));
  }

  /** What {@link #forward} does without a residual, to the bit, where rows are streamed. */
  private void stream(
      NdArray x, NdArray weight, NdArray bias, double eps, NdArray y, NdArray mean, NdArray rstd) {
    long rows = Rows.count(x);
    DType compute = Statistics.compute(x);
    stream
        .start()
        .array(x)
        .array(weight)
        .array(bias)
        .array(y)
        .array(mean)
        .array(rstd)
        .integer(Rows.stride(x))
        .integer(Rows.stride(y))
        .integer(rows)
        .integer(Rows.columns(x))
        .number(compute, eps)
        .integer(Rows.run(rows))
        .constant(centered)
        .constant(compute)
        .constant(Rows.block(Rows.columns(x)))
        .over(Grid.cdiv(rows, Rows.run(rows)));
  }

  void backward(
      NdArray dy,
      NdArray x,
      NdArray weight,
      NdArray mean,
      NdArray rstd,
      NdArray dsum,
      NdArray dx,
      NdArray dweight,
      NdArray dbias) {
    Rows.check(name, "x", x);
    Rows.like(name, "dy", dy, "x", x);
    Rows.like(name, "dx", dx, "x", x);
    Check.inPlaceOrApart(name, "dx", dx, "x", x);
    Check.inPlaceOrApart(name, "dx", dx, "dy", dy);
    if (dsum != null) {
      Rows.like(name, "dsum", dsum, "x", x);
      Check.inPlaceOrApart(name, "dx", dx, "dsum", dsum);
    }
    long rows = Rows.count(x);
    long columns = Rows.columns(x);
    Statistics.checkParameter(name, "weight", weight, columns);
    Statistics.checkParameter(name, "dweight", dweight, columns);
    Statistics.checkParameter(name, "dbias", dbias, columns);
    if (centered) {
      Statistics.check(name, "mean", mean, x, rows);
    }
    Statistics.check(name, "rstd", rstd, x, rows);
    if (columns == 0) {
      return;
    }
    DType compute = Statistics.compute(x);
    boolean whole = Rows.whole(columns);
    int tileRows = Rows.tileRows(rows, columns);
    int partRows = weightSums.partRows(rows, tileRows);
    int longPartRows = weightSums.partRows(rows, PARAMETER_ROWS);
    int parts = Grid.cdiv(rows, whole ? partRows : longPartRows);
    NdArray weightParts = weightSums.parts(dweight, compute, parts, columns);
    NdArray biasParts = biasSums.parts(dbias, compute, parts, columns);
    if (!whole && (dweight != null || dbias != null)) {
      // Before dx is written, which may take the place of dy.
      parameters
          .start()
          .array(dy)
          .array(x)
          .array(mean)
          .array(rstd)
          .array(weightParts)
          .array(biasParts)
          .integer(Rows.stride(dy))
          .integer(Rows.stride(x))
          .integer(rows)
          .integer(columns)
          .integer(longPartRows)
          .constant(centered)
          .constant(compute)
          .constant(PARAMETER_ROWS)
          .constant(PARAMETER_BLOCK)
          .over(Grid.cdiv(columns, PARAMETER_BLOCK), parts, 1);
    }
    backward
        .start()
        .array(dy)
        .array(x)
        .array(weight)
        .array(mean)
        .array(rstd)
        .array(dsum)
        .array(dx)
        .array(whole ? weightParts : null)
        .array(whole ? biasParts : null)
        .integer(Rows.stride(dy))
        .integer(Rows.stride(x))
        .integer(Rows.stride(dsum))
        .integer(Rows.stride(dx))
        .integer(rows)
        .integer(columns)
        .integer(partRows)
        .constant(centered)
        .constant(compute)
        .constant(tileRows)
        .constant(Rows.block(columns))
        .constant(whole)
        .tuned(Rows.warps(tileRows, columns), 2)
        .over(Grid.cdiv(rows, partRows));
    weightSums.add(dweight, compute, parts, columns);
    biasSums.add(dbias, compute, parts, columns);
  }

  @Override
  public void close() {
    weightSums.close();
    biasSums.close();
  }
}
