package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import dev.kiln.tests.rules.HostDescriptor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loops whose blocks tensor copies bring ahead, for descriptors that the host makes. */
class TmaLoopTest {
  private static final String HEADER =
      """
      import triton
      import triton.language as tl

      """;

  /** A product of any shape: what lies outside of the tensors is 0, and is not written. */
  private static final String PRODUCT =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              m = tl.program_id(0) * BM
              n = tl.program_id(1) * BN
              acc = tl.zeros((BM, BN), dtype=tl.float32)
              for k in range(0, K, BK):
                  acc = tl.dot(a.load([m, k]), b.load([k, n]), acc)
              c.store([m, n], acc)
          """;

  private static GpuTrial trial(String text, int stages, Grid grid) {
    return GpuTrial.of(text, grid)
        .options(CompileOptions.DEFAULT.withNumStages(stages))
        .on(Target.SM_90A, Target.SM_100, Target.SM_120);
  }

  private static GpuKernel product(
      GpuTrial trial, DType dtype, int m, int n, int k, int bm, int bn, int bk) {
    return trial
        .check(
            HostDescriptor.of(HostArray.normal(dtype, 1, m, k), bm, bk),
            HostDescriptor.of(HostArray.normal(dtype, 2, k, n), bk, bn),
            HostDescriptor.of(HostArray.unwritten(DType.FP32, m, n), bm, bn),
            k,
            bm,
            bn,
            bk)
        .getFirst();
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "2, 2", "2, 5", "3, 1", "3, 2", "3, 3", "3, 7", "4, 2", "4, 6", "5, 3"})
  void anyNumberOfIterationsAndStages(int stages, int iterations) {
    int k = 16 * iterations;
    GpuKernel kernel =
        product(trial(PRODUCT, stages, Grid.of(1)), DType.FP16, 32, 32, k, 32, 32, 16);
    assertThat(kernel.ptx())
        .contains("cp.async.bulk.tensor.2d.shared::cluster.global.tile")
        .doesNotContain("cp.async.cg", "cp.async.wait_group");
  }
}
