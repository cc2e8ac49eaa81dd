package dev.kiln.kernels.elementwise;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Dropout by Philox: element {@code i} becomes {@code x / (1 - p)} if number {@code offset + i} of
 * the sequence of {@code seed} exceeds {@code p}, and 0 otherwise. The mask is never stored: the
 * backward pass is the same call on the gradients with the same {@code p}, {@code seed} and {@code
 * offset}. Computes in fp32, on fp64 arrays in fp64. Not thread-safe.
 */
public final class Dropout {
  private static final String NAME = "Dropout";
  private static final String FILE = "dropout.py";

  private final KernelCall call;

  public Dropout(Device device) {
    call = new KernelCall(FILE, "dropout_kernel", device);
  }

  /** {@code y = dropout(x)}: {@link #run(NdArray, NdArray, double, long, long, NdArray)}. */
  public void run(NdArray x, double p, long seed, long offset, NdArray y) {
    run(x, null, p, seed, offset, y);
  }

  /**
   * {@code y = residual + dropout(x)}. The gradient of the residual is that of {@code y}.
   *
   * @param x values, or gradients in the backward pass: fp32, fp16, bf16 or fp64, contiguous, of
   *     any shape
   * @param residual of the same shape and dtype, contiguous; or null for none
   * @param p part of the elements that become 0, at least 0 and less than 1
   * @param y of the same shape, contiguous; may be {@code x} or the residual
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray x, NdArray residual, double p, long seed, long offset, NdArray y) {
    check("x", x, x);
    if (residual != null) {
      check("residual", residual, x);
      Check.sameDType(NAME, "residual", residual, "x", x);
    }
    check("y", y, x);
    Check.inPlaceOrApart(NAME, "y", y, "x", x);
    Check.inPlaceOrApart(NAME, "y", y, "residual", residual);
    if (!(p >= 0 && p < 1)) {
      throw Check.fault(NAME, "p", "must be at least 0 and less than 1, but is " + p);
    }
    if (x.size() == 0) {
      return;
    }
    DType compute = RowTile.compute(x);
    int block = BlockSizes.elementwise(x.device(), x.size());
    call.start()
        .array(x)
        .array(residual)
        .array(y)
        .integer(x.size())
        .number(p)
        .number(compute, 1 / (1 - p))
        .integer(seed)
        .integer(offset)
        .constant(compute)
        .constant(block)
        .over(Grid.cdiv(x.size(), block));
  }

  private static void check(String argument, NdArray array, NdArray x) {
    Check.floatsOrDoubles(NAME, argument, array);
    Check.elements(NAME, argument, array);
    Check.sameShape(NAME, argument, array, "x", x);
  }
}
