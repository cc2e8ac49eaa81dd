package dev.kiln.runtime.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import org.junit.jupiter.api.Test;

class ProgramCostTest {
  private static final String SOURCE =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def kernel(x_ptr, n):
          at = tl.arange(0, 1024)
      %s
          tl.store(x_ptr + at, x, mask=at < n)
      """;

  private static long cost(String body) {
    Device device = Devices.cpu();
    try (NdArray x = NdArray.zeros(device, DType.FP32, 1024)) {
      KernelModule module = KernelModule.of("kernel.py", SOURCE.formatted(body.indent(4)));
      return ProgramCost.of(module.kernel("kernel").on(device).args(x, 5L).compile().optimized());
    }
  }

  @Test
  void countsElementsAndMemoryMore() {
    long once = cost("x = tl.load(x_ptr + at)");
    assertThat(once).isBetween(30L * 1024, 60L * 1024);
    assertThat(cost("x = tl.exp(tl.load(x_ptr + at)) * 3") - once).isBetween(1024L, 5L * 1024);
  }

  @Test
  void loopsCountAsOftenAsTheyRun() {
    String loop =
        "x = tl.load(x_ptr + at)\nfor i in range(%s):\n    x = x * tl.load(x_ptr + at + i)";
    assertThat(cost(loop.formatted("100"))).isBetween(1_600L * 1024, 4_000L * 1024);
    assertThat(cost(loop.formatted("n"))).isEqualTo(ProgramCost.UNKNOWN);
    assertThat(cost("x = tl.load(x_ptr + at)\nwhile tl.sum(x) < n:\n    x += 1"))
        .isEqualTo(ProgramCost.UNKNOWN);
  }

  @Test
  void productsCountTheirInnerAxis() {
    String product =
        """
        a = tl.reshape(tl.load(x_ptr + at), (32, 32))
        x = tl.reshape(tl.dot(a, a), (1024,))
        """;
    assertThat(cost(product)).isBetween(64L * 1024, 128L * 1024);
  }
}
