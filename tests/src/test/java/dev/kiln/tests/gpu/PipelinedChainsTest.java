package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loads that run ahead though something is made of them before a product. */
class PipelinedChainsTest {
  private static final String HEADER =
      """
      import triton
      import triton.language as tl

      """;

  private static GpuTrial trial(String text, int stages, Grid grid) {
    return GpuTrial.of(text, grid).options(CompileOptions.DEFAULT.withNumStages(stages));
  }

  private static HostArray operand(DType dtype, int seed, long... dims) {
    return dtype == DType.I8
        ? HostArray.integers(dtype, seed, -128, 128, dims)
        : HostArray.quarters(dtype, seed, dims);
  }

  /** The right operand is cast; its rows lie along N, or along K. */
  private static final String CAST =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
                      TURN: tl.constexpr):
              m = tl.arange(0, BM)
              n = tl.program_id(0) * BN + tl.arange(0, BN)
              k = tl.arange(0, BK)
              acc = tl.zeros((BM, BN), dtype=tl.float32)
              for i in range(0, K, BK):
                  kk = i + k
                  x = tl.load(a + m[:, None] * K + kk[None, :],
                              mask=(m[:, None] < M) & (kk[None, :] < K), other=0.0)
                  if TURN:
                      y = tl.load(b + n[None, :] * K + kk[:, None],
                                  mask=(kk[:, None] < K) & (n[None, :] < N), other=0)
                  else:
                      y = tl.load(b + kk[:, None] * N + n[None, :],
                                  mask=(kk[:, None] < K) & (n[None, :] < N), other=0)
                  acc = tl.dot(x, y.to(x.dtype), acc)
              tl.store(c + m[:, None] * N + n[None, :], acc, mask=(m[:, None] < M) & (n[None, :] < N))
          """;

  @ParameterizedTest
  @CsvSource({
    "I8, FP16, 64, 64, 160, 3, false",
    "I8, FP16, 64, 64, 160, 3, true",
    "I8, FP16, 16, 64, 160, 2, true",
    "I8, BF16, 64, 128, 64, 4, false",
    "FP16, BF16, 64, 64, 96, 3, false",
    "FP16, BF16, 64, 64, 96, 3, true",
    "FP8E5, FP16, 64, 64, 96, 5, false",
    "FP8E5, FP16, 16, 64, 32, 3, true",
    "FP32, FP16, 64, 64, 96, 3, false",
    "FP32, BF16, 64, 64, 96, 3, true",
    "FP32, BF16, 16, 64, 0, 3, true",
    "FP32, BF16, 16, 64, 16, 3, true",
  })
  void castOperands(DType from, DType to, int m, int n, int k, int stages, boolean isTurned) {
    int rows = Math.max(k, 16);
    GpuKernel kernel =
        trial(CAST, stages, Grid.of((n + 63) / 64))
            .check(
                HostArray.quarters(to, 1, m, rows),
                isTurned ? operand(from, 2, n, rows) : operand(from, 2, rows, n),
                HostArray.unwritten(DType.FP32, m, n),
                m,
                n,
                k,
                m,
                64,
                32,
                isTurned)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.cg.shared.global").doesNotContain("ld.global");
  }

  /** The left operand, masked and scaled by rows that are loaded too. */
  private static final String SCALED =
      HEADER
          + """
          @triton.jit
          def product(a, s, b, z, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              m = tl.arange(0, BM)
              n = tl.arange(0, BN)
              k = tl.arange(0, BK)
              acc = tl.zeros((BM, BN), dtype=tl.float32)
              for i in range(0, tl.cdiv(K, BK)):
                  kk = i * BK + k
                  x = tl.load(a + m[:, None] * K + kk[None, :])
                  x = tl.where((m[:, None] + kk[None, :]) % 3 == 0, 0.0, x)
                  scale = tl.load(s + i * N + n)
                  row = tl.load(z + kk)
                  y = tl.load(b + kk[:, None] * N + n[None, :]).to(tl.float32)
                  y = (y - row[:, None].to(tl.float32)) * scale[None, :]
                  acc = tl.dot(x.to(tl.float16), y.to(tl.float16), acc)
              tl.store(c + m[:, None] * N + n[None, :], acc)
          """;

  @ParameterizedTest
  @CsvSource({"64, 32, 2", "64, 96, 3", "16, 96, 3", "128, 160, 4"})
  void scalesAndMasks(int m, int k, int stages) {
    GpuKernel kernel =
        trial(SCALED, stages, Grid.of(1))
            .seed(k)
            .check(
                HostArray.quarters(DType.FP16, 1, m, k),
                HostArray.quarters(DType.FP32, 2, k / 32, 64),
                HostArray.integers(DType.I8, 3, -8, 8, k, 64),
                HostArray.integers(DType.I8, 4, -8, 8, k),
                HostArray.unwritten(DType.FP32, m, 64),
                m,
                64,
                k,
                m,
                64,
                32)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.cg.shared.global").doesNotContain("ld.global");
  }

  /** Two numbers of four bits in a byte, put beside each other. */
  @ParameterizedTest
  @CsvSource({"64, 2", "16, 3"})
  void halvesOfBytes(int m, int stages) {
    String text =
        HEADER
            + """
            @triton.jit
            def product(a, b, c, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
                m = tl.arange(0, BM)
                n = tl.arange(0, BN)
                h = tl.arange(0, BN // 2)
                k = tl.arange(0, BK)
                acc = tl.zeros((BM, BN), dtype=tl.float32)
                for i in range(0, K, BK):
                    x = tl.load(a + m[:, None] * K + (i + k)[None, :])
                    q = tl.load(b + (i + k)[:, None] * (BN // 2) + h[None, :])
                    low = (q << 4) >> 4
                    high = q >> 4
                    y = tl.join(low, high).reshape(BK, BN)
                    acc = tl.dot(x, y.to(tl.float16), acc)
                tl.store(c + m[:, None] * BN + n[None, :], acc)
            """;
    GpuKernel kernel =
        trial(text, stages, Grid.of(1))
            .check(
                HostArray.quarters(DType.FP16, 1, m, 96),
                HostArray.integers(DType.I8, 3, -128, 128, 96, 32),
                HostArray.unwritten(DType.FP32, m, 64),
                96,
                m,
                64,
                32)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async").doesNotContain("ld.global");
  }

  /** What the product reads is used for something else as well. */
  @Test
  void loadsForProductsAndSums() {
    String text =
        HEADER
            + """
            @triton.jit
            def product(a, b, c, s, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
                m = tl.arange(0, BM)
                n = tl.arange(0, BN)
                k = tl.arange(0, BK)
                acc = tl.zeros((BM, BN), dtype=tl.float32)
                total = tl.zeros((BM,), dtype=tl.float32)
                for i in range(0, K, BK):
                    x = tl.load(a + m[:, None] * K + (i + k)[None, :])
                    y = tl.load(b + (i + k)[:, None] * BN + n[None, :])
                    acc = tl.dot(x, y.to(x.dtype), acc)
                    total += tl.sum(x.to(tl.float32), 1)
                tl.store(c + m[:, None] * BN + n[None, :], acc)
                tl.store(s + m, total)
            """;
    GpuKernel kernel =
        trial(text, 3, Grid.of(1))
            .check(
                HostArray.quarters(DType.FP16, 1, 64, 96),
                HostArray.integers(DType.I8, 3, -128, 128, 96, 64),
                HostArray.unwritten(DType.FP32, 64, 64),
                HostArray.unwritten(DType.FP32, 64),
                96,
                64,
                64,
                32)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async").doesNotContain("ld.global");
  }

  /** No bank conflicts, and few instructions beside the products. */
  @ParameterizedTest
  @CsvSource({
    "I8, FP16, 128, 128, false, 2.5",
    "I8, FP16, 16, 128, true, 17",
    "FP16, BF16, 128, 128, false, 2.4",
    "FP16, BF16, 128, 128, true, 2.2",
    "FP32, BF16, 128, 128, true, 2.2",
    "FP8E5, FP16, 128, 128, false, 2.4",
  })
  void figures(DType from, DType to, int m, int n, boolean isTurned, double others) {
    int k = 512;
    LaunchFigures figures =
        trial(CAST, 3, Grid.of(n / 128))
            .count(
                Target.SM_80,
                HostArray.quarters(to, 1, m, k),
                isTurned ? operand(from, 2, n, k) : operand(from, 2, k, n),
                HostArray.unwritten(DType.FP32, m, n),
                m,
                n,
                k,
                m,
                128,
                32,
                isTurned);
    assertThat(figures.value("bank_conflicts")).isZero();
    assertThat(figures.value("others_per_mma")).isLessThanOrEqualTo(others);
  }

  private static final String IEEE =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              m = tl.arange(0, BM)
              n = tl.arange(0, BN)
              k = tl.arange(0, BK)
              acc = tl.zeros((BM, BN), dtype=tl.float32)
              for i in range(0, K, BK):
                  x = tl.load(a + m[None, :] + (i + k)[:, None] * M)
                  y = tl.load(b + (i + k)[:, None] * N + n[None, :])
                  acc = tl.dot(x.T, y, acc, input_precision="ieee")
              tl.store(c + m[:, None] * N + n[None, :], acc)
          """;

  /** Multiply-adds read what copies have brought where it lies, if its rows do not lie along K. */
  @ParameterizedTest
  @CsvSource({"32, 32, 64, 16, 2", "64, 64, 96, 32, 3", "64, 128, 32, 32, 4", "16, 16, 0, 16, 3"})
  void multiplyAddsReadInPlace(int m, int n, int k, int block, int stages) {
    Object[] arguments = {
      HostArray.normal(DType.FP32, 1, Math.max(k, 1), m),
      HostArray.normal(DType.FP32, 2, Math.max(k, 1), n),
      HostArray.unwritten(DType.FP32, m, n),
      m,
      n,
      k,
      m,
      n,
      block
    };
    GpuTrial trial = trial(IEEE, stages, Grid.of(1)).seed(k);
    GpuKernel kernel = trial.check(arguments).getFirst();
    assertThat(kernel.ptx()).contains("cp.async").doesNotContain("ld.global", "st.shared");
    if (k > 0) {
      assertThat(trial.count(Target.SM_80, arguments).value("bank_conflicts")).isZero();
    }
  }
}
