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
import org.junit.jupiter.params.provider.ValueSource;

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

  /** All extents end within blocks; loops without iterations too. */
  @ParameterizedTest
  @CsvSource({"48, 48, 16", "40, 80, 80", "33, 16, 128", "64, 64, 0", "1, 48, 48", "64, 72, 136"})
  void edgesAreZeros(int m, int n, int k) {
    trial(PRODUCT, 3, Grid.of((m + 31) / 32, (n + 31) / 32))
        .check(
            HostDescriptor.of(HostArray.normal(DType.FP16, 1, m, Math.max(k, 16)), 32, 32),
            HostDescriptor.of(HostArray.normal(DType.FP16, 2, Math.max(k, 16), n), 32, 32),
            HostDescriptor.of(HostArray.unwritten(DType.FP32, m, n), 32, 32),
            k,
            32,
            32,
            32);
  }

  @ParameterizedTest
  @CsvSource({
    "FP16, 128, 128, 64, 4", "FP16, 64, 256, 32, 4", "FP16, 128, 64, 16, 8", "BF16, 64, 64, 128, 4",
    "BF16, 128, 32, 64, 8", "FP32, 64, 32, 32, 4", "FP32, 16, 16, 8, 1", "FP8E4NV, 64, 64, 64, 4",
    "FP8E5, 32, 32, 32, 2", "FP64, 16, 16, 16, 1", "FP16, 512, 16, 16, 4"
  })
  void elementsAndBlocks(DType dtype, int bm, int bn, int bk, int warps) {
    String text = dtype == DType.FP64 ? PRODUCT.replace("float32", "float64") : PRODUCT;
    text = text.replace("k, n]), acc)\n", "k, n]), acc, input_precision=\"ieee\")\n");
    DType result = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
    GpuTrial trial = trial(text, 3, Grid.of(2, 2)).warps(warps);
    int n = bn + 16 / dtype.bytes();
    HostArray a = HostArray.quarters(dtype, 1, bm + 5, 2 * bk);
    HostArray b = HostArray.quarters(dtype, 2, 2 * bk, n);
    GpuKernel kernel =
        trial
            .options(
                CompileOptions.DEFAULT
                    .withNumStages(bm * bk * dtype.bytes() > 8192 ? 2 : 3)
                    .withNumWarps(warps))
            .check(
                HostDescriptor.of(a, bm, bk),
                HostDescriptor.of(b, bk, bn),
                HostDescriptor.of(HostArray.unwritten(result, bm + 5, n), bm, bn),
                2 * bk,
                bm,
                bn,
                bk)
            .getFirst();
    assertThat(kernel.ptx()).contains("global.tile.mbarrier::complete_tx::bytes");
    // The last target has 99 KB, half of which a tile may take.
    assertThat(kernel.ptx().contains("shared::cta.tile.bulk_group"))
        .isEqualTo(2 * bm * bn * result.bytes() <= 99 << 10);
  }

  @Test
  void wgmmaReadsWhatCopiesBring() {
    GpuKernel kernel =
        product(
            trial(PRODUCT, 3, Grid.of(2, 1)).on(Target.SM_90A).warps(8),
            DType.FP16,
            200,
            120,
            320,
            128,
            128,
            64);
    assertThat(kernel.ptx()).contains("wgmma.mma_async").doesNotContain("cp.async.cg");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void anyOrderOfWarpsAndCopies(long seed) {
    product(
        trial(PRODUCT, 3, Grid.of(1)).seed(seed).on(Target.SM_90A),
        DType.FP16,
        64,
        64,
        160,
        64,
        64,
        32);
  }

  /** One operand by pointers, one by a descriptor, which is turned. */
  private static final String MIXED =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              m = tl.program_id(0) * BM + tl.arange(0, BM)
              n = tl.program_id(1) * BN + tl.arange(0, BN)
              k = tl.arange(0, BK)
              acc = tl.zeros((BM, BN), dtype=tl.float32)
              for i in range(0, K, BK):
                  x = tl.load(a + m[:, None] * K + (i + k)[None, :],
                              mask=(m[:, None] < M) & ((i + k)[None, :] < K), other=0.0)
                  y = b.load([tl.program_id(1) * BN, i])
                  acc = tl.dot(x, tl.trans(y), acc)
              tl.store(c + m[:, None] * N + n[None, :], acc,
                       mask=(m[:, None] < M) & (n[None, :] < N))
          """;

  @ParameterizedTest
  @CsvSource({"64, 64, 64, 2", "40, 72, 80, 3", "100, 40, 208, 4"})
  void besideCopiesOfThreads(int m, int n, int k, int stages) {
    GpuKernel kernel =
        trial(MIXED, stages, Grid.of((m + 63) / 64, (n + 31) / 32))
            .check(
                HostArray.normal(DType.FP16, 1, m, k),
                HostDescriptor.of(HostArray.normal(DType.FP16, 2, n, k), 32, 32),
                HostArray.unwritten(DType.FP32, m, n),
                m,
                n,
                k,
                64,
                32,
                32)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.bulk.tensor", "cp.async.wait_group");
  }

  /** A program computes several tiles, each with a loop of its own. */
  private static final String PERSISTENT =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              tiles_n = tl.cdiv(N, BN)
              for tile in range(tl.program_id(0), tl.cdiv(M, BM) * tiles_n, tl.num_programs(0)):
                  m = tile // tiles_n * BM
                  n = tile % tiles_n * BN
                  acc = tl.zeros((BM, BN), dtype=tl.float32)
                  for k in range(0, K, BK):
                      acc = tl.dot(a.load([m, k]), b.load([k, n]), acc)
                  c.store([m, n], acc.to(tl.float16))
          """;

  @ParameterizedTest
  @CsvSource({"1, 96, 96, 96, 3", "2, 80, 200, 32, 2", "3, 200, 80, 0, 3", "2, 70, 96, 160, 4"})
  void loopsInLoops(int programs, int m, int n, int k, int stages) {
    for (long seed = 0; seed < 3; seed++) {
      trial(PERSISTENT, stages, Grid.of(programs))
          .seed(seed)
          .on(seed == 0 ? Target.SM_120 : Target.SM_90A)
          .check(
              HostDescriptor.of(HostArray.normal(DType.FP16, 1, m, Math.max(8, k)), 64, 32),
              HostDescriptor.of(HostArray.normal(DType.FP16, 2, Math.max(8, k), n), 32, 64),
              HostDescriptor.of(HostArray.unwritten(DType.FP16, m, n), 64, 64),
              m,
              n,
              k,
              64,
              64,
              32);
    }
  }

  private static final String ATTENTION =
      HEADER
          + """
          @triton.jit
          def attention(q, k, v, o, N, scale, BM: tl.constexpr, BN: tl.constexpr, D: tl.constexpr):
              m = tl.program_id(0) * BM
              x = q.load([m, 0])
              top = tl.full((BM,), -float("inf"), dtype=tl.float32)
              total = tl.zeros((BM,), dtype=tl.float32)
              acc = tl.zeros((BM, D), dtype=tl.float32)
              for n in range(0, N, BN):
                  s = tl.dot(x, tl.trans(k.load([n, 0]))) * scale
                  s = tl.where((n + tl.arange(0, BN))[None, :] < N, s, -float("inf"))
                  new = tl.maximum(top, tl.max(s, 1))
                  p = tl.exp(s - new[:, None])
                  shrink = tl.exp(top - new)
                  total = total * shrink + tl.sum(p, 1)
                  acc = tl.dot(p.to(tl.float16), v.load([n, 0]), acc * shrink[:, None])
                  top = new
              o.store([m, 0], (acc / total[:, None]).to(tl.float16))
          """;

  @ParameterizedTest
  @CsvSource({"64, 32, 64, 200, 4, 3", "128, 64, 128, 150, 8, 2", "64, 64, 32, 64, 4, 1"})
  void attention(int bm, int bn, int d, int rows, int warps, int stages) {
    HostArray array = HostArray.normal(DType.FP16, 1, rows, d);
    GpuKernel kernel =
        trial(ATTENTION, stages, Grid.of((rows + bm - 1) / bm))
            .warps(warps)
            .on(Target.SM_90A, Target.SM_100)
            .check(
                HostDescriptor.of(array, bm, d),
                HostDescriptor.of(HostArray.normal(DType.FP16, 2, rows, d), bn, d),
                HostDescriptor.of(HostArray.normal(DType.FP16, 3, rows, d), bn, d),
                HostDescriptor.of(HostArray.unwritten(DType.FP16, rows, d), bm, d),
                rows,
                0.125,
                bm,
                bn,
                d)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.bulk.tensor.2d.shared::cluster");
  }

  /** Blocks of more axes become matrices. */
  private static final String BATCHED =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              batch = tl.program_id(2)
              m = tl.program_id(0)
              n = tl.program_id(1) * BN
              acc = tl.zeros((2 * BM, BN), dtype=tl.float32)
              for k in range(0, K, BK):
                  x = a.load([batch, m * 2, 0, k]).reshape(2 * BM, BK)
                  y = b.load([batch, n, k]).reshape(BN, BK)
                  acc = tl.dot(x, y.T, acc)
              c.store([batch, m * 2, 0, n], acc.reshape(1, 2, BM, BN))
          """;

  @ParameterizedTest
  @CsvSource({"32, 64, 32, 3", "64, 32, 64, 2", "16, 16, 16, 1"})
  void blocksOfMoreAxes(int bm, int bn, int bk, int stages) {
    GpuKernel kernel =
        trial(BATCHED, stages, Grid.of(2, 2, 2))
            .check(
                HostDescriptor.of(
                    HostArray.normal(DType.BF16, 1, 2, 3, bm - 3, 2 * bk + 8), 1, 2, bm, bk),
                HostDescriptor.of(
                    HostArray.normal(DType.BF16, 2, 2, bn + 5, 2 * bk + 8), 1, bn, bk),
                HostDescriptor.of(
                    HostArray.unwritten(DType.FP32, 2, 3, bm - 3, 2 * bn - 4), 1, 2, bm, bn),
                2 * bk + 8,
                bm,
                bn,
                bk)
            .getFirst();
    assertThat(kernel.ptx()).contains("tensor.4d.shared::cluster", "tensor.3d.shared::cluster");
  }
}
