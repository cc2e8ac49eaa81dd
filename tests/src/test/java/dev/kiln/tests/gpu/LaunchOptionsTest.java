package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import org.junit.jupiter.api.Test;

/**
 * Options of launches and hints of loops that change how GPUs run a kernel, not what it computes.
 */
class LaunchOptionsTest {
  private static final String SUM =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def sums(x, y, n, BLOCK: tl.constexpr):
          i = tl.arange(0, BLOCK)
          acc = tl.zeros((BLOCK,), tl.float32)
          for k in tl.range(0, n, 1, num_stages=2, disallow_acc_multi_buffer=True, flatten=True,
                            warp_specialize=True, disable_licm=True):
              acc += tl.load(x + k * BLOCK + i)
          tl.store(y + i, acc)
      """;

  private static GpuKernel compiled(CompileOptions options) {
    return GpuTrial.of(SUM, Grid.of(1))
        .options(options)
        .check(HostArray.normal(1, 4, 256), HostArray.unwritten(256), 4, 256)
        .getLast();
  }

  @Test
  void hintsOfLoopsChangeNoResults() {
    assertThat(compiled(CompileOptions.DEFAULT).ptx()).doesNotContain(".maxnreg");
  }

  @Test
  void registersAreLimited() {
    assertThat(compiled(CompileOptions.DEFAULT.withMaxRegisters(32)).ptx())
        .contains(".maxnreg 32\n", ".reqntid 128");
  }
}
