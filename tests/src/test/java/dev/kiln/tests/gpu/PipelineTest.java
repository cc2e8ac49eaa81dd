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
import org.junit.jupiter.params.provider.ValueSource;

/** Loops whose loads run ahead, with few and many iterations, masks, and in each other. */
class PipelineTest {
  private static final String HEADER =
      """
      import triton
      import triton.language as tl

      """;

  /** The plainest product: pointers move by a step, K is a multiple of the block. */
  private static final String PRODUCT =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              m = tl.program_id(0) * BM + tl.arange(0, BM)
              n = tl.program_id(1) * BN + tl.arange(0, BN)
              k = tl.arange(0, BK)
              ap = a + m[:, None] * K + k[None, :]
              bp = b + k[:, None] * N + n[None, :]
              acc = tl.zeros((BM, BN), dtype=tl.float32)
              for i in range(0, K, BK):
                  acc = tl.dot(tl.load(ap), tl.load(bp), acc)
                  ap += BK
                  bp += BK * N
              tl.store(c + m[:, None] * N + n[None, :], acc)
          """;

  private static GpuTrial trial(String text, int stages, Grid grid) {
    return GpuTrial.of(text, grid).options(CompileOptions.DEFAULT.withNumStages(stages));
  }

  @ParameterizedTest
  @CsvSource({"2, 1", "2, 2", "2, 5", "3, 1", "3, 2", "3, 3", "3, 7", "4, 2", "4, 6", "5, 3"})
  void anyNumberOfIterationsAndStages(int stages, int iterations) {
    int k = 16 * iterations;
    GpuKernel kernel =
        trial(PRODUCT, stages, Grid.of(1))
            .check(
                HostArray.normal(DType.FP16, 1, 32, k),
                HostArray.normal(DType.FP16, 2, k, 32),
                HostArray.unwritten(DType.FP32, 32, 32),
                32,
                32,
                k,
                32,
                32,
                16)
            .getFirst();
    assertThat(kernel.ptx())
        .contains("cp.async.cg.shared.global", "cp.async.wait_group " + (stages - 2) + ";");
  }

  @Test
  void everyTarget() {
    trial(PRODUCT, 3, Grid.of(1))
        .on(Target.SM_89, Target.SM_100, Target.SM_120)
        .check(
            HostArray.normal(DType.FP16, 1, 32, 96),
            HostArray.normal(DType.FP16, 2, 96, 32),
            HostArray.unwritten(DType.FP32, 32, 32),
            32,
            32,
            96,
            32,
            32,
            16);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void anyOrderOfWarps(long seed) {
    trial(PRODUCT, 3, Grid.of(1))
        .seed(seed)
        .on(Target.SM_80)
        .check(
            HostArray.normal(DType.FP16, 1, 32, 96),
            HostArray.normal(DType.FP16, 2, 96, 32),
            HostArray.unwritten(DType.FP32, 32, 32),
            32,
            32,
            96,
            32,
            32,
            16);
  }

  /** Edges in all directions; K is not known to be a multiple of anything but 8. */
  private static final String MASKED =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
              m = tl.program_id(0) * BM + tl.arange(0, BM)
              n = tl.program_id(1) * BN + tl.arange(0, BN)
              k = tl.arange(0, BK)
              acc = tl.zeros((BM, BN), dtype=tl.float32)
              for i in range(0, tl.cdiv(K, BK)):
                  kk = i * BK + k
                  x = tl.load(a + m[:, None] * K + kk[None, :],
                              mask=(m[:, None] < M) & (kk[None, :] < K), other=0.0)
                  y = tl.load(b + kk[:, None] * N + n[None, :],
                              mask=(kk[:, None] < K) & (n[None, :] < N), other=0.0)
                  acc = tl.dot(x, y, acc)
              tl.store(c + m[:, None] * N + n[None, :], acc,
                       mask=(m[:, None] < M) & (n[None, :] < N))
          """;

  @ParameterizedTest
  @CsvSource({"48, 48, 16", "40, 80, 80", "33, 16, 128", "64, 64, 0", "1, 48, 48"})
  void masksFillZeros(int m, int n, int k) {
    GpuKernel kernel =
        trial(MASKED, 3, Grid.of((m + 31) / 32, (n + 31) / 32))
            .check(
                HostArray.normal(DType.FP16, 1, m, Math.max(k, 16)),
                HostArray.normal(DType.FP16, 2, Math.max(k, 16), n),
                HostArray.unwritten(DType.FP32, m, n),
                m,
                n,
                k,
                32,
                32,
                32)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.cg.shared.global");
  }

  @Test
  void loadsSayWhetherCopiesGoToTheFirstCache() {
    GpuKernel kernel =
        trial(PRODUCT.replace("tl.load(ap)", "tl.load(ap, cache_modifier='.ca')"), 3, Grid.of(1))
            .check(
                HostArray.normal(DType.FP16, 1, 32, 96),
                HostArray.normal(DType.FP16, 2, 96, 32),
                HostArray.unwritten(DType.FP32, 32, 32),
                32,
                32,
                96,
                32,
                32,
                16)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.ca.shared.global", "cp.async.cg.shared.global");
  }

  /** Masks along K are checked in the last iterations only. */
  @ParameterizedTest
  @CsvSource({
    "16, 2", "32, 2", "48, 2", "80, 2", "64, 3", "80, 3", "96, 3", "112, 3", "128, 4", "144, 4",
    "16, 4", "208, 5"
  })
  void masksOfTheLastIterations(int k, int stages) {
    String text =
        MASKED
            .replace("range(0, tl.cdiv(K, BK))", "range(0, K, BK)")
            .replace("kk = i * BK + k", "kk = i + k");
    GpuKernel kernel =
        trial(text, stages, Grid.of(1, 2))
            .check(
                HostArray.normal(DType.FP16, 1, 24, k),
                HostArray.normal(DType.FP16, 2, k, 48),
                HostArray.unwritten(DType.FP32, 24, 48),
                24,
                48,
                k,
                32,
                32,
                32)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.cg.shared.global");
  }

  /** Iterations are counted, or the bound moves instead of the numbers. */
  @ParameterizedTest
  @CsvSource({
    "16, 2, a",
    "32, 2, b",
    "48, 2, c",
    "80, 2, a",
    "64, 3, b",
    "80, 3, c",
    "96, 3, a",
    "112, 3, b",
    "128, 4, c",
    "144, 4, a",
    "16, 4, b",
    "208, 5, c",
    "0, 3, a",
    "0, 3, b",
    "208, 2, b"
  })
  void masksOfCountedIterations(int k, int stages, String form) {
    String text =
        switch (form) {
          case "a" -> MASKED;
          case "b" ->
              MASKED
                  .replace("kk[None, :] < K)", "k[None, :] < K - i * BK)")
                  .replace("kk[:, None] < K)", "k[:, None] < K - i * BK)");
          default ->
              MASKED
                  .replace("kk[None, :] < K)", "K - i * BK > k[None, :])")
                  .replace("kk[:, None] < K)", "K - i * BK > k[:, None])");
        };
    GpuKernel kernel =
        trial(text, stages, Grid.of(1, 2))
            .check(
                HostArray.normal(DType.FP16, 1, 24, Math.max(16, k)),
                HostArray.normal(DType.FP16, 2, Math.max(16, k), 48),
                HostArray.unwritten(DType.FP32, 24, 48),
                24,
                48,
                k,
                32,
                32,
                32)
            .getFirst();
    // The copies ahead of the loop, of steady iterations, and of the others.
    assertThat(kernel.ptx().split("cp.async.cg.shared.global", -1))
        .hasSize(1 + 2 * (stages - 1 + 2));
  }

  /** The loop begins below 0, or at a number that is not known. */
  @ParameterizedTest
  @CsvSource({"-3, 4", "-2147483648, -2147483646", "0, 5", "2, 5", "5, 5"})
  void masksOfCountedIterationsFromAnyNumber(int low, int high) {
    String text =
        MASKED
            .replace("M, N, K, BM", "M, N, K, low, high, BM")
            .replace("range(0, tl.cdiv(K, BK))", "range(low, high)")
            .replace("(kk[None, :] < K)", "(kk[None, :] >= 0) & (kk[None, :] < K)")
            .replace("(kk[:, None] < K)", "(kk[:, None] >= 0) & (kk[:, None] < K)");
    String wide = text.replace("(kk[None, :] >= 0) & ", "").replace("(kk[:, None] >= 0) & ", "");
    trial(low < 0 ? text : wide, 3, Grid.of(1))
        .check(
            HostArray.normal(DType.FP16, 1, 32, 80),
            HostArray.normal(DType.FP16, 2, 80, 32),
            HostArray.unwritten(DType.FP32, 32, 32),
            32,
            32,
            80,
            low,
            high,
            32,
            32,
            16);
  }

  /** A bound of the mask that is not the loop's. */
  @ParameterizedTest
  @CsvSource({"64, 64", "64, 40", "64, 0", "64, -2147483648", "64, 2147483647", "40, 64"})
  void masksOfAnotherBound(int k, int bound) {
    String text =
        MASKED
            .replace("M, N, K, BM", "M, N, K, L, BM")
            .replace("range(0, tl.cdiv(K, BK))", "range(0, K, BK)")
            .replace("kk = i * BK + k", "kk = i + k")
            .replace("(kk[:, None] < K)", "(kk[:, None] < L) & (kk[:, None] < 64)")
            .replace("(kk[None, :] < K)", "(kk[None, :] < 64)")
            .replace("m[:, None] * K", "m[:, None] * 64");
    trial(text, 3, Grid.of(1))
        .on(Target.SM_80)
        .check(
            HostArray.normal(DType.FP16, 1, 32, 64),
            HostArray.normal(DType.FP16, 2, 64, 32),
            HostArray.unwritten(DType.FP32, 32, 32),
            32,
            32,
            k,
            bound,
            32,
            32,
            16);
  }

  @Test
  void oddRowsAreLoadedInStep() {
    GpuKernel kernel =
        trial(MASKED, 3, Grid.of(2, 2))
            .check(
                HostArray.normal(DType.FP16, 1, 33, 35),
                HostArray.normal(DType.FP16, 2, 35, 37),
                HostArray.unwritten(DType.FP32, 33, 37),
                33,
                37,
                35,
                32,
                32,
                32)
            .getFirst();
    assertThat(kernel.ptx()).doesNotContain("cp.async");
  }

  /** An operand that is transposed in memory, or by the kernel, and other types. */
  private static final String TURNED =
      HEADER
          + """
          @triton.jit
          def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr,
                      TURN: tl.constexpr):
              m = tl.program_id(0) * BM + tl.arange(0, BM)
              n = tl.program_id(1) * BN + tl.arange(0, BN)
              k = tl.arange(0, BK)
              acc = tl.zeros((BM, BN), dtype=c.dtype.element_ty)
              for i in range(0, K, BK):
                  x = tl.load(a + m[:, None] * K + (i + k)[None, :])
                  if TURN:
                      y = tl.load(b + n[:, None] * K + (i + k)[None, :]).T
                  else:
                      y = tl.load(b + (i + k)[:, None] + n[None, :] * K)
                  acc = tl.dot(x, y, acc, input_precision="tf32", out_dtype=c.dtype.element_ty)
              tl.store(c + m[:, None] * N + n[None, :], acc)
          """;

  @ParameterizedTest
  @CsvSource({
    "FP16, FP32, true",
    "FP16, FP32, false",
    "BF16, FP32, false",
    "I8, I32, true",
    "I8, I32, false",
    "FP32, FP32, true",
    "FP64, FP64, true"
  })
  void operandsOfAnyTypeAndDirection(DType operand, DType result, boolean turned) {
    HostArray a =
        operand == DType.I8
            ? HostArray.integers(operand, 1, -128, 128, 32, 128)
            : HostArray.quarters(operand, 1, 32, 128);
    HostArray b =
        operand == DType.I8
            ? HostArray.integers(operand, 2, -128, 128, 64, 128)
            : HostArray.quarters(operand, 2, 64, 128);
    GpuKernel kernel =
        trial(TURNED, 3, Grid.of(1))
            .check(a, b, HostArray.unwritten(result, 32, 64), 32, 64, 128, 32, 64, 32, turned)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.cg.shared.global");
  }

  /** The copies are of bytes; what the product reads are halves. */
  @Test
  void operandsThatAreWidened() {
    GpuKernel kernel =
        trial(TURNED, 3, Grid.of(1))
            .on(Target.SM_80)
            .check(
                HostArray.quarters(DType.FP8E5, 1, 32, 128),
                HostArray.quarters(DType.FP8E5, 2, 64, 128),
                HostArray.unwritten(DType.FP32, 32, 64),
                32,
                64,
                128,
                32,
                64,
                32,
                true)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.cg.shared.global");
  }

  /** The inner loop runs ahead; its buffers are used again by the next tile. */
  @Test
  void persistentProgramsTakeTileAfterTile() {
    String text =
        HEADER
            + """
            @triton.jit
            def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
                columns = tl.cdiv(N, BN)
                tiles = tl.cdiv(M, BM) * columns
                k = tl.arange(0, BK)
                for tile in range(tl.program_id(0), tiles, tl.num_programs(0)):
                    m = tile // columns * BM + tl.arange(0, BM)
                    n = tile % columns * BN + tl.arange(0, BN)
                    acc = tl.zeros((BM, BN), dtype=tl.float32)
                    for i in range(0, K, BK):
                        x = tl.load(a + m[:, None] * K + (i + k)[None, :])
                        y = tl.load(b + (i + k)[:, None] * N + n[None, :])
                        acc = tl.dot(x, y, acc)
                    tl.store(c + m[:, None] * N + n[None, :], acc.to(tl.float16))
            """;
    for (int stages = 2; stages <= 4; stages++) {
      trial(text, stages, Grid.of(2))
          .seed(stages)
          .check(
              HostArray.normal(DType.FP16, 1, 96, 64),
              HostArray.normal(DType.FP16, 2, 64, 96),
              HostArray.unwritten(DType.FP16, 96, 96),
              96,
              96,
              64,
              32,
              32,
              16);
    }
  }

  private static final String ATTENTION =
      HEADER
          + """
          @triton.jit
          def attention(q, k, v, o, N, BM: tl.constexpr, BN: tl.constexpr, D: tl.constexpr,
                        CAUSAL: tl.constexpr):
              m = tl.program_id(0) * BM + tl.arange(0, BM)
              n = tl.arange(0, BN)
              d = tl.arange(0, D)
              x = tl.load(q + m[:, None] * D + d[None, :], mask=m[:, None] < N, other=0.0)
              top = tl.full((BM,), float("-inf"), tl.float32)
              total = tl.zeros((BM,), tl.float32)
              acc = tl.zeros((BM, D), tl.float32)
              end = tl.minimum(N, (tl.program_id(0) + 1) * BM) if CAUSAL else N
              for i in range(0, end, BN):
                  row = i + n
                  y = tl.load(k + row[None, :] * D + d[:, None], mask=row[None, :] < N, other=0.0)
                  s = tl.dot(x, y) * 0.125
                  keep = row[None, :] < N
                  if CAUSAL:
                      keep = keep & (row[None, :] <= m[:, None])
                  s = tl.where(keep, s, float("-inf"))
                  high = tl.maximum(top, tl.max(s, 1))
                  p = tl.exp(s - high[:, None])
                  scale = tl.exp(top - high)
                  total = total * scale + tl.sum(p, 1)
                  z = tl.load(v + row[:, None] * D + d[None, :], mask=row[:, None] < N, other=0.0)
                  acc = tl.dot(p.to(z.dtype), z, acc * scale[:, None])
                  top = high
              acc = acc / total[:, None]
              tl.store(o + m[:, None] * D + d[None, :], acc.to(tl.float16), mask=m[:, None] < N)
          """;

  @ParameterizedTest
  @CsvSource({"128, false, 3", "100, true, 2", "33, true, 4"})
  void twoProductsInOneLoop(int n, boolean causal, int stages) {
    GpuKernel kernel =
        trial(ATTENTION, stages, Grid.of((n + 63) / 64))
            .seed(n)
            .check(
                HostArray.normal(DType.FP16, 1, n, 64),
                HostArray.normal(DType.FP16, 2, n, 64),
                HostArray.normal(DType.FP16, 3, n, 64),
                HostArray.unwritten(DType.FP16, n, 64),
                n,
                64,
                32,
                64,
                causal)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.cg.shared.global");
  }

  /** An index that is itself loaded keeps the load that needs it in step; the other runs ahead. */
  @Test
  void loadsWhoseAddressIsLoadedStayInStep() {
    String text =
        HEADER
            + """
            @triton.jit
            def gathered(rows, a, b, c, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
                m = tl.arange(0, BM)
                n = tl.arange(0, BN)
                k = tl.arange(0, BK)
                acc = tl.zeros((BM, BN), dtype=tl.float32)
                for i in range(0, K, BK):
                    row = tl.load(rows + i + k)
                    x = tl.load(a + m[:, None] * K + (i + k)[None, :])
                    y = tl.load(b + row[:, None] * BN + n[None, :])
                    acc = tl.dot(x, y, acc)
                tl.store(c + m[:, None] * BN + n[None, :], acc)
            """;
    GpuKernel kernel =
        trial(text, 3, Grid.of(1))
            .check(
                HostArray.integers(DType.I32, 1, 0, 64, 64),
                HostArray.normal(DType.FP16, 2, 32, 64),
                HostArray.normal(DType.FP16, 3, 64, 32),
                HostArray.unwritten(DType.FP32, 32, 32),
                64,
                32,
                32,
                16)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.cg.shared.global");
  }

  /** What the loop writes through the pointer it reads from is read after it is written. */
  @Test
  void loopsThatWriteWhatTheyReadStayInStep() {
    String text =
        HEADER
            + """
            @triton.jit
            def powers(a, n, B: tl.constexpr):
                i = tl.arange(0, B)
                at = i[:, None] * B + i[None, :]
                x = tl.load(a + at)
                for j in range(0, n):
                    y = tl.load(a + j * B * B + at)
                    z = tl.dot(x, y)
                    tl.store(a + (j + 1) * B * B + at, z.to(tl.float16))
            """;
    GpuKernel kernel =
        trial(text, 3, Grid.of(1))
            .check(HostArray.quarters(DType.FP16, 1, 4, 16, 16), 3, 16)
            .getFirst();
    assertThat(kernel.ptx()).doesNotContain("cp.async");
  }

  /** The hint of a loop counts more than the launch's option; 1 means in step. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4})
  void loopsSayHowManyStagesTheyWant(int stages) {
    String text =
        PRODUCT.replace("range(0, K, BK)", "tl.range(0, K, BK, num_stages=" + stages + ")");
    GpuKernel kernel =
        trial(text, 3, Grid.of(1))
            .check(
                HostArray.normal(DType.FP16, 1, 32, 64),
                HostArray.normal(DType.FP16, 2, 64, 32),
                HostArray.unwritten(DType.FP32, 32, 32),
                32,
                32,
                64,
                32,
                32,
                16)
            .getFirst();
    if (stages == 1) {
      assertThat(kernel.ptx()).doesNotContain("cp.async");
    } else {
      assertThat(kernel.ptx()).contains("cp.async.wait_group " + (stages - 2) + ";");
    }
  }

  /** Numbers of iterations near the ends of the types do not overflow. */
  @Test
  void boundsNearTheEndsOfTheTypes() {
    String text =
        HEADER
            + """
            @triton.jit
            def product(a, b, c, low, high, BM: tl.constexpr, BK: tl.constexpr):
                m = tl.arange(0, BM)
                k = tl.arange(0, BK)
                acc = tl.zeros((BM, BM), dtype=tl.float32)
                for i in range(low, high, 1000000000):
                    at = (i - low) // 1000000000 * BK
                    x = tl.load(a + m[:, None] * 64 + at + k[None, :])
                    y = tl.load(b + (at + k)[:, None] * BM + m[None, :])
                    acc = tl.dot(x, y, acc)
                tl.store(c + m[:, None] * BM + m[None, :], acc)
            """;
    int[][] bounds = {
      {Integer.MAX_VALUE - 1, Integer.MAX_VALUE},
      {1000000000, Integer.MAX_VALUE},
      {Integer.MIN_VALUE, Integer.MIN_VALUE + 1},
      {Integer.MIN_VALUE, -1},
      {5, 5},
      {7, Integer.MIN_VALUE}
    };
    for (int[] bound : bounds) {
      trial(text, 4, Grid.of(1))
          .on(Target.SM_80)
          .check(
              HostArray.normal(DType.FP16, 1, 32, 64),
              HostArray.normal(DType.FP16, 2, 64, 32),
              HostArray.unwritten(DType.FP32, 32, 32),
              bound[0],
              bound[1],
              32,
              16);
    }
  }
}
