package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reductions, scans and sorting cost: shuffles, barriers, bank conflicts. */
class CombineCountersTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  private static long shuffles(LaunchFigures figures) {
    return figures.counters().orElseThrow().executions("shfl");
  }

  /** Two reductions of five shuffles in each of four warps. */
  @Test
  void softmaxShufflesByTheLogarithmOfTheLanes() {
    String text =
        HEAD
            + """
            @triton.jit
            def softmax(x, y, n, BLOCK: tl.constexpr):
                row = tl.program_id(0)
                i = tl.arange(0, BLOCK)
                v = tl.load(x + row * n + i, mask=i < n, other=-float('inf'))
                e = tl.exp(v - tl.max(v, axis=0))
                tl.store(y + row * n + i, e / tl.sum(e, axis=0), mask=i < n)
            """;
    LaunchFigures figures =
        GpuTrial.of(text, Grid.of(1))
            .count(
                Target.SM_80,
                HostArray.normal(1, 1, 1000),
                HostArray.unwritten(1, 1000),
                1000,
                1024);
    assertThat(shuffles(figures)).isEqualTo(2 * 5 * 4);
    assertThat(figures.value("bank_conflicts")).isZero();
    assertThat(figures.value("barriers")).isEqualTo(2 * 4);
  }

  /** A row of 32 lanes: 16 rows of a warp need 16 shuffles to meet and 16 to tell all lanes. */
  @Test
  void manyRowsShareTheirShuffles() {
    String text =
        HEAD
            + """
            @triton.jit
            def centred(x, y, A: tl.constexpr, B: tl.constexpr):
                i = tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :]
                v = tl.load(x + i)
                tl.store(y + i, v - tl.sum(v, axis=1)[:, None] / B)
            """;
    LaunchFigures figures =
        GpuTrial.of(text, Grid.of(1))
            .count(
                Target.SM_80, HostArray.normal(1, 64, 128), HostArray.unwritten(64, 128), 64, 128);
    assertThat(shuffles(figures)).isPositive().isLessThanOrEqualTo(4 * 32);
    assertThat(figures.value("bank_conflicts")).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tl.sum(v, axis=0)[None, :] + v", "tl.cumsum(v, axis=0)", "tl.sort(v)"})
  void sharedMemoryHasNoBankConflicts(String expression) {
    String text =
        HEAD
            + """
            @triton.jit
            def combined(x, y, A: tl.constexpr, B: tl.constexpr):
                i = tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :]
                v = tl.load(x + i)
                tl.store(y + i, EXPRESSION)
            """
                .replace("EXPRESSION", expression);
    for (DType dtype : new DType[] {DType.FP32, DType.FP16, DType.FP64}) {
      LaunchFigures figures =
          GpuTrial.of(text, Grid.of(1))
              .warps(8)
              .count(
                  Target.SM_80,
                  HostArray.normal(dtype, 1, 4, 512),
                  HostArray.unwritten(dtype, 4, 512),
                  4,
                  512);
      assertThat(figures.value("bank_conflicts")).as(expression + " " + dtype).isZero();
    }
  }
}
