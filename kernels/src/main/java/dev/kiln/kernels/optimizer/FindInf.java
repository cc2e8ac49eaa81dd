package dev.kiln.kernels.optimizer;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;

/** Looks for infinities and NaN in gradients, before an optimizer step. Not thread-safe. */
public final class FindInf {
  private static final String NAME = "FindInf";
  private static final String FILE = "find_inf.py";

  private final KernelCall call;

  public FindInf(Device device) {
    call = new KernelCall(FILE, "find_inf_kernel", device);
  }

  /**
   * Sets {@code foundInf} to 1 if {@code x} holds a number that is not finite, and leaves it alone
   * otherwise, so that several arrays can be looked through.
   *
   * @param x fp32, fp16 or bf16, contiguous
   * @param foundInf one fp32 number
   * @throws dev.kiln.runtime.KilnException if an argument breaks these rules
   */
  public void run(NdArray x, NdArray foundInf) {
    Check.floats(NAME, "x", x);
    Check.elements(NAME, "x", x);
    Check.single(NAME, "foundInf", foundInf);
    Check.fp32(NAME, "foundInf", foundInf);
    if (x.size() == 0) {
      return;
    }
    int block = BlockSizes.elementwise(x.size());
    call.start()
        .array(x)
        .array(foundInf)
        .integer(x.size())
        .constant(block)
        .over(Grid.cdiv(x.size(), block));
  }
}
