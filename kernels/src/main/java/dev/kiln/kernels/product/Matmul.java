package dev.kiln.kernels.product;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/**
 * Matrix product with fused bias and activation: {@code c = activation(a b + bias)}.
 *
 * <p>Operands may be transposed views ({@link NdArray#permute}): only their strides differ. Sums
 * are in fp32 whatever the dtypes. Each element is summed in the same order in every run and on any
 * number of threads. Not thread-safe.
 */
public final class Matmul {
  private static final String NAME = "Matmul";
  private static final String FILE = "matmul.py";
  private static final int SMALLEST_BLOCK = 16;
  private static final int BLOCK_M = 128;
  private static final int BLOCK_N = 256;
  private static final int BLOCK_K = 256;
  private static final int GROUP_M = 8;

  private final KernelCall call;

  public Matmul(Device device) {
    call = new KernelCall(FILE, "matmul_kernel", device);
  }

  /** {@code c = a b}. */
  public void run(NdArray a, NdArray b, NdArray c) {
    run(a, b, null, Activation.NONE, c, null);
  }

  /** {@code c = activation(a b + bias)}. */
  public void run(NdArray a, NdArray b, NdArray bias, Activation activation, NdArray c) {
    run(a, b, bias, activation, c, null);
  }

  /**
   * {@code c = activation(a b + bias)}, and {@code pre = a b + bias} beside it. With {@code K = 0}
   * the product is 0; empty results are left alone.
   *
   * @param a {@code M x K}, fp32, fp16 or bf16, any strides
   * @param b {@code K x N}, of the dtype of {@code a}, any strides
   * @param bias {@code N} numbers, or null for none
   * @param c {@code M x N}, any float dtype of the three, any strides
   * @param pre like {@code c}, with its strides, for the backward pass of the activation; or null
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(
      NdArray a, NdArray b, NdArray bias, Activation activation, NdArray c, NdArray pre) {
    check(a, b, bias, c, pre);
    long m = a.dim(0);
    long n = b.dim(1);
    long k = a.dim(1);
    int blockM = BlockSizes.around(m, SMALLEST_BLOCK, BLOCK_M);
    int blockN = BlockSizes.around(n, SMALLEST_BLOCK, BLOCK_N);
    if (m == 0 || n == 0) {
      return;
    }
    call.start()
        .array(a)
        .array(b)
        .array(c)
        .array(bias)
        .array(pre)
        .integer(m)
        .integer(n)
        .integer(k)
        .integer(a.stride(0))
        .integer(a.stride(1))
        .integer(b.stride(0))
        .integer(b.stride(1))
        .integer(c.stride(0))
        .integer(c.stride(1))
        .constant(activation.kernelName())
        .constant("ieee")
        .constant(blockM)
        .constant(blockN)
        .constant(BlockSizes.around(k, SMALLEST_BLOCK, BLOCK_K))
        .constant(GROUP_M)
        .over(Math.multiplyExact(Grid.cdiv(m, blockM), Grid.cdiv(n, blockN)));
  }

  private static void check(NdArray a, NdArray b, NdArray bias, NdArray c, NdArray pre) {
    Check.matrix(NAME, "a", a);
    Check.floats(NAME, "a", a);
    Check.matrix(NAME, "b", b, a.dim(1), b.rank() == 2 ? b.dim(1) : 0);
    Check.sameDType(NAME, "b", b, "a", a);
    Check.matrix(NAME, "c", c, a.dim(0), b.dim(1));
    Check.floats(NAME, "c", c);
    if (bias != null) {
      Check.vector(NAME, "bias", bias, b.dim(1));
      Check.floats(NAME, "bias", bias);
    }
    if (pre != null) {
      Check.sameShape(NAME, "pre", pre, "c", c);
      Check.floats(NAME, "pre", pre);
      if (pre.stride(0) != c.stride(0) || pre.stride(1) != c.stride(1)) {
        throw Check.fault(NAME, "pre", "must have the strides of 'c'");
      }
    }
  }
}
