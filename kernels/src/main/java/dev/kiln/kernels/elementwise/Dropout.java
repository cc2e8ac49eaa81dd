package dev.kiln.kernels.elementwise;

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
 * offset}. Not thread-safe.
 */
public final class Dropout {
  private static final String NAME = "Dropout";
  private static final String FILE = "dropout.py";

  private final KernelCall call;

  public Dropout(Device device) {
    call = new KernelCall(FILE, "dropout_kernel", device);
  }

  /**
   * @param x values, or gradients in the backward pass: fp32, fp16 or bf16, contiguous, of any
   *     shape
   * @param p part of the elements that become 0, at least 0 and less than 1
   * @param y of the same shape, contiguous; may be {@code x}
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray x, double p, long seed, long offset, NdArray y) {
    Check.floats(NAME, "x", x);
    Check.elements(NAME, "x", x);
    Check.floats(NAME, "y", y);
    Check.elements(NAME, "y", y);
    Check.sameShape(NAME, "y", y, "x", x);
    if (!(p >= 0 && p < 1)) {
      throw Check.fault(NAME, "p", "must be at least 0 and less than 1, but is " + p);
    }
    if (x.size() == 0) {
      return;
    }
    int block = BlockSizes.elementwise(x.size());
    call.start()
        .array(x)
        .array(y)
        .integer(x.size())
        .number(p)
        .integer(seed)
        .integer(offset)
        .constant(block)
        .over(Grid.cdiv(x.size(), block));
  }
}
