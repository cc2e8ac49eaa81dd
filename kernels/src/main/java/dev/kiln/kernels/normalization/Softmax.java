package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Softmax and log-softmax over the last axis, with a scale and a mask, forward and backward.
 *
 * <p>{@code y_j = exp(s x_j) / sum_k exp(s x_k)}, or its logarithm. Masked elements are 0 (minus
 * infinity in log-softmax), as is a row that has no others. Arrays are fp32, fp16, bf16 or fp64,
 * contiguous of any rank or matrices with dense rows; for another axis, permute. Not thread-safe.
 */
public final class Softmax {
  private static final String NAME = "Softmax";
  private static final String FILE = "softmax.py";

  private final KernelCall forward;
  private final KernelCall stream;
  private final KernelCall backward;

  /**
   * Whether to write exponentials to the result, then scale it: on the CPU it stays in the cache.
   */
  private final boolean staged;

  /**
   * @param log whether the result is the logarithm
   * @param scale factor of the input, above 0: 1 by the temperature
   * @param causalRows 0 for none; otherwise how many rows belong to one matrix, whose last row sees
   *     all columns, each row before it one less
   */
  public record Options(boolean log, double scale, int causalRows) {
    public static final Options SOFTMAX = new Options(false, 1, 0);
    public static final Options LOG_SOFTMAX = new Options(true, 1, 0);

    public Options {
      if (!(scale > 0) || Double.isInfinite(scale)) {
        throw Check.fault(NAME, "scale", "must be above 0 and finite, but is " + scale);
      }
      if (causalRows < 0) {
        throw Check.fault(NAME, "causalRows", "must not be negative, but is " + causalRows);
      }
    }
  }

  public Softmax(Device device) {
    forward = new KernelCall(FILE, "softmax_forward_kernel", device);
    stream = new KernelCall(FILE, "softmax_stream_kernel", device);
    backward = new KernelCall(FILE, "softmax_backward_kernel", device);
    staged = !device.target().isGpu();
  }

  /** Without a mask. */
  public void forward(NdArray x, Options options, NdArray y) {
    forward(x, null, options, y);
  }

  /**
   * @param x the input
   * @param mask i8, a matrix with dense rows of as many columns as {@code x}, 0 where an element is
   *     left out; row {@code i} of {@code x} uses row {@code i mod r} of the mask's {@code r} rows;
   *     null for none
   * @param y of the shape and dtype of {@code x}; may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray x, NdArray mask, Options options, NdArray y) {
    Rows.check(NAME, "x", x);
    Rows.like(NAME, "y", y, "x", x);
    Check.inPlaceOrApart(NAME, "y", y, "x", x);
    if (mask != null) {
      checkMask(x, mask);
    }
    long rows = Rows.count(x);
    long columns = Rows.columns(x);
    if (x.size() == 0) {
      return;
    }
    boolean isPlain = mask == null && options.causalRows() == 0;
    if (isPlain && isStaged(x, options) && Rows.stream(stream.device(), columns)) {
      stream(x, options, y);
      return;
    }
    // Rows of a tile that end at different columns would need a mask for each element.
    int tileRows = options.causalRows() > 0 ? 1 : Rows.tileRows(rows, columns);
    DType compute = Statistics.compute(x);
    forward
        .start()
        .array(x)
        .array(mask)
        .array(y)
        .integer(Rows.stride(x))
        .integer(Rows.stride(mask))
        .integer(Rows.stride(y))
        .integer(rows)
        .integer(columns)
        .integer(mask == null ? 1 : mask.dim(0))
        .integer(Math.max(1, options.causalRows()))
        .number(compute, options.scale())
        .constant(options.log())
        .constant(options.causalRows() > 0)
        .constant(compute)
        .constant(tileRows)
        .constant(Rows.block(columns))
        .constant(Rows.whole(columns))
        .constant(isStaged(x, options))
        .tuned(Rows.warps(tileRows, columns), 2)
        .over(Grid.cdiv(rows, tileRows));
  }

  /** What {@link #forward} does, to the bit, where rows are streamed. */
  private void stream(NdArray x, Options options, NdArray y) {
    long rows = Rows.count(x);
    DType compute = Statistics.compute(x);
    stream
        .start()
        .array(x)
        .array(y)
        .integer(Rows.stride(x))
        .integer(Rows.stride(y))
        .integer(rows)
        .integer(Rows.columns(x))
        .number(compute, options.scale())
        .integer(Rows.run(rows))
        .constant(compute)
        .constant(Rows.block(Rows.columns(x)))
        .over(Grid.cdiv(rows, Rows.run(rows)));
  }

  private boolean isStaged(NdArray x, Options options) {
    return staged && !options.log() && x.dtype() == Statistics.compute(x);
  }

  /**
   * The gradient of the input. Masked elements have the gradient 0.
   *
   * @param y what {@link #forward} gave with the same options
   * @param dy the gradient of {@code y}, of its shape and dtype
   * @param dx receives the gradient, of the same shape and dtype; may be {@code dy}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(NdArray y, NdArray dy, Options options, NdArray dx) {
    Rows.check(NAME, "y", y);
    Rows.like(NAME, "dy", dy, "y", y);
    Rows.like(NAME, "dx", dx, "y", y);
    Check.inPlaceOrApart(NAME, "dx", dx, "y", y);
    Check.inPlaceOrApart(NAME, "dx", dx, "dy", dy);
    long rows = Rows.count(y);
    long columns = Rows.columns(y);
    if (y.size() == 0) {
      return;
    }
    int tileRows = Rows.tileRows(rows, columns);
    DType compute = Statistics.compute(y);
    backward
        .start()
        .array(y)
        .array(dy)
        .array(dx)
        .integer(Rows.stride(y))
        .integer(Rows.stride(dy))
        .integer(Rows.stride(dx))
        .integer(rows)
        .integer(columns)
        .number(compute, options.scale())
        .constant(options.log())
        .constant(compute)
        .constant(tileRows)
        .constant(Rows.block(columns))
        .constant(Rows.whole(columns))
        .tuned(Rows.warps(tileRows, columns), 2)
        .over(Grid.cdiv(rows, tileRows));
  }

  private static void checkMask(NdArray x, NdArray mask) {
    Check.matrix(NAME, "mask", mask);
    if (mask.dtype() != DType.I8 || mask.dim(0) == 0 || mask.dim(1) != Rows.columns(x)) {
      throw Check.fault(
          NAME, "mask", "must be i8 with rows of " + Rows.columns(x) + " columns, but is " + mask);
    }
    if (mask.dim(1) > 1 && mask.stride(1) != 1) {
      throw Check.fault(NAME, "mask", "must have dense rows");
    }
  }
}
