package dev.kiln.kernels.normalization;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Weight norm: {@code w = g v / |v|} for each row of a matrix (Salimans and Kingma, "Weight
 * Normalization", 2016). A row of a convolution's weights is what belongs to one output channel. A
 * row of zeros gives NaN.
 *
 * <p>Arrays are fp32, fp16, bf16 or fp64: contiguous, rows along the last axis, or matrices with
 * dense rows. Not thread-safe.
 */
public final class WeightNorm {
  private static final String NAME = "WeightNorm";
  private static final String FILE = "weight_norm.py";

  private final KernelCall forward;
  private final KernelCall backward;

  public WeightNorm(Device device) {
    forward = new KernelCall(FILE, "weight_norm_forward_kernel", device);
    backward = new KernelCall(FILE, "weight_norm_backward_kernel", device);
  }

  /**
   * @param g a number for each row, of any of the dtypes
   * @param w of the shape and dtype of {@code v}; may be {@code v}
   * @param norms receives {@code |v|} of each row, in fp32, beside fp64 in fp64; null for none
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void forward(NdArray v, NdArray g, NdArray w, NdArray norms) {
    Rows.check(NAME, "v", v);
    Rows.like(NAME, "w", w, "v", v);
    long rows = Rows.count(v);
    Statistics.checkParameter(NAME, "g", g, rows);
    Statistics.checkOptional(NAME, "norms", norms, v, rows);
    if (v.size() == 0) {
      return;
    }
    DType compute = Statistics.compute(v);
    forward.start().array(v).array(g).array(w).array(norms);
    forward.integer(Rows.stride(v)).integer(Rows.stride(w));
    run(forward, v, compute);
  }

  /**
   * {@code dg = dw.v / |v|} and {@code dv = g / |v| (dw - (dw.v) v / |v|^2)}.
   *
   * @param dw the gradient of {@code w}
   * @param norms from {@link #forward}
   * @param dv receives the gradient of {@code v}; may be {@code dw}
   * @param dg receives the gradient of {@code g}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void backward(NdArray dw, NdArray v, NdArray g, NdArray norms, NdArray dv, NdArray dg) {
    Rows.check(NAME, "v", v);
    Rows.like(NAME, "dw", dw, "v", v);
    Rows.like(NAME, "dv", dv, "v", v);
    long rows = Rows.count(v);
    Statistics.checkParameter(NAME, "g", g, rows);
    Statistics.check(NAME, "norms", norms, v, rows);
    Statistics.checkParameter(NAME, "dg", dg, rows);
    if (v.size() == 0) {
      return;
    }
    DType compute = Statistics.compute(v);
    backward.start().array(dw).array(v).array(g).array(norms).array(dv).array(dg);
    backward.integer(Rows.stride(dw)).integer(Rows.stride(v)).integer(Rows.stride(dv));
    run(backward, v, compute);
  }

  private static void run(KernelCall call, NdArray v, DType compute) {
    long rows = Rows.count(v);
    long columns = Rows.columns(v);
    int tileRows = Rows.tileRows(rows, columns);
    call.integer(rows)
        .integer(columns)
        .constant(compute)
        .constant(tileRows)
        .constant(Rows.stepBlock(columns))
        .over(Grid.cdiv(rows, tileRows));
  }
}
