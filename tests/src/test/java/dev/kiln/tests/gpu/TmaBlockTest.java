package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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

/** Blocks of descriptors that the host makes, copied where they stand. */
class TmaBlockTest {
  private static final String HEADER =
      """
      import triton
      import triton.language as tl

      """;

  private static GpuTrial trial(String text, Grid grid) {
    return GpuTrial.of(HEADER + text, grid).on(Target.SM_90A, Target.SM_120);
  }

  private static final String COPY =
      """
      @triton.jit
      def copy(x, y, BM: tl.constexpr, BN: tl.constexpr):
          m = tl.program_id(0) * BM - 3
          n = tl.program_id(1) * BN - 8
          y.store([m, n], x.load([m, n]))
      """;

  /** Offsets begin below 0. */
  @ParameterizedTest
  @CsvSource({
    "FP16, 64, 64",
    "FP32, 16, 64",
    "I8, 32, 32",
    "I64, 8, 8",
    "BF16, 1, 256",
    "FP32, 512, 4",
    "I32, 4, 16",
    "FP16, 2, 16",
    "FP8E5, 16, 16",
    "I16, 256, 8",
    "FP64, 32, 2"
  })
  void edges(DType dtype, int bm, int bn) {
    int rows = 2 * bm - 1;
    int columns = bn + 64 / dtype.bytes();
    HostArray from =
        dtype.isInteger()
            ? HostArray.integers(dtype, 1, -100, 100, rows, columns)
            : HostArray.quarters(dtype, 1, rows, columns);
    GpuKernel kernel =
        trial(COPY, Grid.of(3, columns / bn + 2))
            .check(
                HostDescriptor.of(from, bm, bn),
                HostDescriptor.of(HostArray.zeros(dtype, rows, columns), bm, bn),
                bm,
                bn)
            .getFirst();
    assertThat(kernel.ptx()).contains("cp.async.bulk.tensor.2d.global.shared::cta");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void everyRank(long seed) {
    String ranks =
        """
        @triton.jit
        def copy(a, b, c, d, out_a, out_b, out_c, out_d):
            for i in range(0, 3):
                out_a.store([i * 64 - 8], a.load([i * 64 - 8]))
                out_b.store([i, 2, i * 16], b.load([i, 2, i * 16]))
                out_c.store([i, 0, i, 8], c.load([i, 0, i, 8]) + 1.0)
                out_d.store([0, i, 0, i, 0], d.load([0, i, 0, i, 0]))
        """;
    trial(ranks, Grid.of(1))
        .seed(seed)
        .check(
            HostDescriptor.of(HostArray.normal(DType.FP16, 1, 128), 64),
            HostDescriptor.of(HostArray.normal(DType.FP32, 2, 3, 5, 32), 2, 4, 16),
            HostDescriptor.of(HostArray.normal(DType.FP32, 3, 2, 3, 4, 20), 2, 1, 2, 8),
            HostDescriptor.of(HostArray.normal(DType.FP16, 4, 2, 3, 2, 3, 32), 2, 1, 2, 2, 16),
            HostDescriptor.of(HostArray.zeros(DType.FP16, 128), 64),
            HostDescriptor.of(HostArray.zeros(DType.FP32, 3, 5, 32), 2, 4, 16),
            HostDescriptor.of(HostArray.zeros(DType.FP32, 2, 3, 4, 20), 2, 1, 2, 8),
            HostDescriptor.of(HostArray.zeros(DType.FP16, 2, 3, 2, 3, 32), 2, 1, 2, 2, 16));
  }

  /** What is stored is loaded again, by elements and by blocks, in this order. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void accessesKeepTheirOrder(long seed) {
    String text =
        """
        @triton.jit
        def order(x, p, y, z, N: tl.constexpr):
            i = tl.arange(0, N)
            tile = i[:, None] * N + i[None, :]
            y.store([0, 0], x.load([0, 0]))
            t = y.load([0, 0])
            y.store([0, 0], tl.trans(t))
            z.store([0, 0], tl.dot(y.load([0, 0]), x.load([0, 0])).to(tl.float16))
            tl.store(p + tile, tl.trans(tl.load(p + tile)) + 1.0)
        """;
    HostArray y = HostArray.zeros(DType.FP16, 32, 32);
    trial(text, Grid.of(1))
        .seed(seed)
        .check(
            HostDescriptor.of(HostArray.quarters(DType.FP16, 1, 32, 32), 32, 32),
            HostArray.quarters(DType.FP32, 2, 32, 32),
            HostDescriptor.of(y, 32, 32),
            HostDescriptor.of(HostArray.zeros(DType.FP16, 32, 32), 32, 32),
            32);
  }

  /** Blocks that a loop writes are not copied ahead. */
  @Test
  void loopsThatWriteWhatTheyLoad() {
    String text =
        """
        @triton.jit
        def squares(x, N: tl.constexpr):
            for i in range(0, 4):
                t = x.load([i * N, 0])
                x.store([i * N + N, 0], tl.dot(t, t).to(tl.float16))
        """;
    trial(text, Grid.of(1))
        .check(
            HostDescriptor.of(HostArray.integers(DType.FP16, 1, -1, 2, 16 * 4 + 5, 16), 16, 16),
            16);
  }

  /** Targets without tensor copies take the same arguments. */
  @Test
  void targetsWithoutCopiesAccessElements() {
    GpuKernel kernel =
        trial(COPY, Grid.of(2, 2))
            .on(Target.SM_80, Target.SM_89)
            .check(
                HostDescriptor.of(HostArray.quarters(DType.FP16, 1, 60, 64), 32, 32),
                HostDescriptor.of(HostArray.zeros(DType.FP16, 60, 64), 32, 32),
                32,
                32)
            .getFirst();
    assertThat(kernel.ptx()).doesNotContain("cp.async.bulk", "map_0");
  }

  /** Descriptors that a kernel makes of its parameters. */
  private static final String MADE =
      """
      @triton.jit
      def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
          x = tl.make_tensor_descriptor(a, [M, K], [K, 1], [BM, BK])
          y = tl.make_tensor_descriptor(b, [K, 72], [72, 1], [BK, BN])
          z = tl.make_tensor_descriptor(c, [M, N], [N, 1], [BM, BN])
          m = tl.program_id(0) * BM
          n = tl.program_id(1) * BN
          acc = tl.zeros((BM, BN), dtype=tl.float32)
          for k in range(0, K, BK):
              acc = tl.dot(x.load([m, k]), y.load([k, n]), acc)
          z.store([m, n], acc)
      """;

  @Test
  void descriptorsOfParametersAndNumbers() {
    GpuKernel kernel =
        trial(MADE, Grid.of(2, 3))
            .check(
                HostArray.normal(DType.FP16, 1, 60, 80),
                HostArray.normal(DType.FP16, 2, 80, 72),
                HostArray.unwritten(DType.FP32, 60, 72),
                60,
                72,
                80,
                32,
                32,
                32)
            .getFirst();
    assertThat(kernel.ptx()).contains("map_2[128]", "global.shared::cta", "shared::cluster.global");
  }

  private static final String POINTERS =
      """
      @triton.jit
      def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
          m = tl.program_id(0) * BM
          n = tl.program_id(1) * BN
          x = tl.make_block_ptr(a, (M, K), (K, 1), (m, 0), (BM, BK), (1, 0))
          y = tl.make_block_ptr(b, (K, N), (N, 1), (0, n), (BK, BN), (1, 0))
          acc = tl.zeros((BM, BN), dtype=tl.float32)
          for k in range(0, K, BK):
              acc = tl.dot(tl.load(x, boundary_check=(0, 1), padding_option="zero"),
                           tl.load(y, boundary_check=(0, 1)), acc)
              x = tl.advance(x, (0, BK))
              y = tl.advance(y, (BK, 0))
          z = tl.make_block_ptr(c, (M, N), (N, 1), (m, n), (BM, BN), (1, 0))
          tl.store(z, acc, boundary_check=(0, 1))
      """;

  /** Block pointers are copied if it is known that rows are multiples of 16 bytes. */
  @ParameterizedTest
  @CsvSource({"60, 80, 96, true", "33, 64, 16, true", "60, 72, 88, false", "40, 60, 44, false"})
  void blockPointers(int m, int n, int k, boolean isCopied) {
    GpuKernel kernel =
        trial(POINTERS, Grid.of(2, 3))
            .check(
                HostArray.normal(DType.FP16, 1, m, k),
                HostArray.normal(DType.FP16, 2, k, n),
                HostArray.unwritten(DType.FP32, m, n),
                m,
                n,
                k,
                32,
                32,
                32)
            .getFirst();
    if (isCopied) {
      assertThat(kernel.ptx()).contains("shared::cluster.global", "global.shared::cta");
    } else {
      assertThat(kernel.ptx()).doesNotContain("map_0");
    }
  }

  /** A tensor that begins elsewhere in each program has no map. */
  @Test
  void tensorsOfOneProgramAreAccessedByElements() {
    String text =
        """
        @triton.jit
        def copy(x, y, N: tl.constexpr):
            i = tl.program_id(0)
            a = tl.make_tensor_descriptor(x + i * N * N, [N, N - 2], [N, 1], [N, N])
            b = tl.make_tensor_descriptor(y + i * N * N, [N - 3, N], [N, 1], [N, N])
            b.store([0, 0], a.load([0, 0]))
        """;
    GpuKernel kernel =
        trial(text, Grid.of(3))
            .check(
                HostArray.normal(DType.FP32, 1, 3, 16, 16),
                HostArray.zeros(DType.FP32, 3, 16, 16),
                16)
            .getFirst();
    assertThat(kernel.ptx()).doesNotContain("cp.async.bulk");
  }

  /** Copies fill up with zeros only. */
  @Test
  void paddingWithNanIsLoadedByElements() {
    String text =
        """
        @triton.jit
        def copy(x, y, M, K, BM: tl.constexpr, BK: tl.constexpr):
            a = tl.make_tensor_descriptor(x, [M, K], [K, 1], [BM, BK], padding_option="nan")
            t = a.load([0, 8])
            o = tl.arange(0, BM)[:, None] * BK + tl.arange(0, BK)[None, :]
            tl.store(y + o, tl.where(t == t, t, 7.0))
        """;
    GpuKernel kernel =
        trial(text, Grid.of(1))
            .check(
                HostArray.quarters(DType.FP32, 1, 12, 20),
                HostArray.unwritten(DType.FP32, 16, 16),
                12,
                20,
                16,
                16)
            .getFirst();
    assertThat(kernel.ptx()).doesNotContain("cp.async.bulk");
  }

  @Test
  void rowsOfOtherBytesAreRefused() {
    assertThatThrownBy(
            () ->
                trial(COPY, Grid.of(1, 1))
                    .check(
                        HostDescriptor.of(HostArray.quarters(DType.FP16, 1, 8, 16), 8, 8),
                        HostDescriptor.of(HostArray.zeros(DType.FP16, 8, 12), 8, 8),
                        8,
                        8))
        .hasMessageContaining("needs an address and strides (in bytes) that are multiples of 16");
  }

  @Test
  void emptyTensorsAreRefused() {
    assertThatThrownBy(
            () ->
                trial(MADE, Grid.of(1, 1))
                    .check(
                        HostArray.normal(DType.FP16, 1, 32, 16),
                        HostArray.normal(DType.FP16, 2, 16, 72),
                        HostArray.unwritten(DType.FP32, 32, 72),
                        32,
                        72,
                        0,
                        32,
                        32,
                        32))
        .hasMessageContaining("cannot be empty");
  }

  /** Tiles that would fill the shared memory go without it. */
  @Test
  void largeTilesAreStoredByElements() {
    GpuKernel kernel =
        trial(COPY, Grid.of(2, 1))
            .on(Target.SM_120)
            .warps(8)
            .check(
                HostDescriptor.of(HostArray.quarters(DType.FP32, 1, 130, 256), 128, 256),
                HostDescriptor.of(HostArray.zeros(DType.FP32, 130, 256), 128, 256),
                128,
                256)
            .getFirst();
    assertThat(kernel.ptx()).doesNotContain("cp.async.bulk");
  }
}
