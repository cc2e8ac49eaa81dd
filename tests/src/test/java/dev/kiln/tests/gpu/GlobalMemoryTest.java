package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loads and stores of global memory. */
class GlobalMemoryTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  private static final String ADD =
      HEAD
          + """
          @triton.jit
          def add(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
              offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              mask = offsets < n
              x = tl.load(x_ptr + offsets, mask=mask)
              y = tl.load(y_ptr + offsets, mask=mask)
              tl.store(out_ptr + offsets, x + y, mask=mask)
          """;

  private static final String COPY =
      HEAD
          + """
          @triton.jit
          def copy(x_ptr, all_ptr, some_ptr, n, BLOCK: tl.constexpr):
              i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
              tl.store(all_ptr + i, tl.load(x_ptr + i))
              x = tl.load(x_ptr + i, mask=i < n, other=1)
              tl.store(some_ptr + i, x, mask=i < n + 16)
          """;

  @ParameterizedTest
  @ValueSource(ints = {1, 1000, 1024, 4096, 5008})
  void addsVectors(int n) {
    GpuTrial.of(ADD, Grid.of(Grid.cdiv(n, 1024)))
        .check(HostArray.normal(1, n), HostArray.normal(2, n), HostArray.unwritten(n), n, 1024);
  }

  @Test
  void vectorsHave16BytesWhereAllIsDivisible() {
    List<GpuKernel> kernels =
        GpuTrial.of(ADD, Grid.of(4))
            .check(
                HostArray.normal(1, 4000),
                HostArray.normal(2, 4000),
                HostArray.unwritten(4000),
                4000,
                1024);
    String ptx = kernels.getFirst().ptx();
    assertThat(ptx).contains("ld.global.v4.b32", "st.global.v4.b32", "+2048]");
    assertThat(ptx).doesNotContain("ld.global.b32", "bra");
  }

  /** Signed and unsigned, narrow and wide; 512 elements: whole vectors in each of 128 threads. */
  @ParameterizedTest
  @EnumSource
  void copiesEveryType(DType dtype) {
    Target[] targets =
        dtype == DType.FP8E4NV
            ? new Target[] {Target.SM_89, Target.SM_90A}
            : new Target[] {Target.SM_80, Target.SM_90A};
    for (int n : new int[] {2048, 2001}) {
      GpuTrial.of(COPY, Grid.of(1))
          .on(targets)
          .check(values(dtype), zeros(dtype), zeros(dtype), n, 4096);
      GpuTrial.of(COPY, Grid.of(32))
          .on(targets)
          .check(values(dtype), zeros(dtype), zeros(dtype), n, 128);
    }
  }

  private static HostArray values(DType dtype) {
    int least = dtype.isUnsigned() || dtype.isBool() ? 0 : -8;
    int end = dtype.isBool() ? 2 : 9;
    HostArray integers = HostArray.integers(DType.I32, 7, least, end, 4096);
    double[] values = integers.values();
    if (dtype == DType.FP8E4B15) {
      for (int i = 0; i < values.length; i++) {
        values[i] /= 8;
      }
    }
    return integers.with(dtype);
  }

  private static HostArray zeros(DType dtype) {
    return HostArray.zeros(dtype, 4096);
  }

  @ParameterizedTest
  @CsvSource({"33, 40, 40", "64, 64, 64", "5, 37, 50"})
  void rowsOfAMatrix(int rows, int columns, int stride) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def scale(x_ptr, out_ptr, rows, columns, stride, R: tl.constexpr, C: tl.constexpr):
                    r = tl.program_id(0) * R + tl.arange(0, R)[:, None]
                    c = tl.program_id(1) * C + tl.arange(0, C)[None, :]
                    inside = (r < rows) & (c < columns)
                    x = tl.load(x_ptr + r * stride + c, mask=inside, other=0.0)
                    tl.store(out_ptr + r * stride + c, x * 2 + r + c, mask=inside)
                """,
            Grid.of(3, 2))
        .check(
            HostArray.normal(DType.FP16, 3, 64, 64),
            HostArray.unwritten(DType.FP16, 64, 64),
            rows,
            columns,
            stride,
            16,
            32);
  }

  @Test
  void columnsThatLieBesideEachOther() {
    List<GpuKernel> kernels =
        GpuTrial.of(
                HEAD
                    + """
                    @triton.jit
                    def columns(x_ptr, out_ptr, R: tl.constexpr, C: tl.constexpr):
                        r = tl.arange(0, R)[:, None]
                        c = tl.arange(0, C)[None, :]
                        x = tl.load(x_ptr + c * R + r)
                        tl.store(out_ptr + c * R + r, x + c)
                    """,
                Grid.of(1))
            .check(HostArray.normal(3, 64, 32), HostArray.unwritten(64, 32), 64, 32);
    assertThat(kernels.getFirst().ptx()).contains("ld.global.v4.b32", "st.global.v4.b32");
  }

  @Test
  void everyHintIsTaken() {
    List<GpuKernel> kernels =
        GpuTrial.of(
                HEAD
                    + """
                    @triton.jit
                    def hints(x_ptr, y_ptr, BLOCK: tl.constexpr):
                        i = tl.arange(0, BLOCK)
                        a = tl.load(x_ptr + i, cache_modifier=".ca")
                        b = tl.load(x_ptr + i, cache_modifier=".cg")
                        c = tl.load(x_ptr + i, cache_modifier=".cv")
                        d = tl.load(x_ptr + i, eviction_policy="evict_first")
                        e = tl.load(x_ptr + i, eviction_policy="evict_last")
                        f = tl.load(x_ptr + i, volatile=True)
                        tl.store(y_ptr + i, a + b, cache_modifier=".wb")
                        tl.store(y_ptr + BLOCK + i, c + d, cache_modifier=".cg")
                        tl.store(y_ptr + 2 * BLOCK + i, e, cache_modifier=".cs")
                        tl.store(y_ptr + 3 * BLOCK + i, f, cache_modifier=".wt")
                        tl.store(y_ptr + 4 * BLOCK + i, f, eviction_policy="evict_first")
                    """,
                Grid.of(1))
            .check(HostArray.normal(1, 256), HostArray.unwritten(1280), 256);
    assertThat(kernels.getFirst().ptx())
        .contains(
            "ld.global.ca.",
            "ld.global.cg.",
            "ld.global.cv.",
            "ld.global.L1::evict_first.",
            "ld.global.L1::evict_last.",
            "ld.volatile.global.",
            "st.global.wb.",
            "st.global.cg.",
            "st.global.cs.",
            "st.global.wt.",
            "st.global.L1::evict_first.");
  }

  /** Elements that several threads hold are stored by one of them: the sanitizer sees no race. */
  @Test
  void smallTilesAreStoredOnce() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def small(x_ptr, y_ptr, s_ptr, N: tl.constexpr):
                    i = tl.arange(0, N)
                    tl.store(y_ptr + i, tl.load(x_ptr + i) + 1)
                    tl.store(s_ptr, tl.load(x_ptr + 3) * 2)
                    tl.store(s_ptr + 1, 7.0, mask=tl.load(x_ptr) > 1000)
                """,
            Grid.of(1))
        .check(HostArray.normal(1, 8), HostArray.unwritten(8), HostArray.unwritten(2), 8);
  }

  @Test
  void ofElementsWithOneAddressTheLastStays() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def last(y_ptr, N: tl.constexpr, M: tl.constexpr):
                    i = tl.arange(0, N)
                    tl.store(y_ptr + tl.zeros((N,), tl.int32), i)
                    tl.store(y_ptr + 1 + i // 8, i)
                    both = i[:, None] * M + tl.arange(0, M)[None, :]
                    tl.store(y_ptr + 200 + i[:, None] + tl.zeros((N, M), tl.int32), both)
                """,
            Grid.of(1))
        .check(HostArray.zeros(DType.I32, 1024), 512, 8);
  }

  // ---------------------------------------------------------------- order

  /** Reads what other threads wrote, and overwrites what they have read. */
  @Test
  void accessesOfOneBufferKeepTheirOrder() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def reverse(x_ptr, N: tl.constexpr):
                    i = tl.arange(0, N)
                    x = tl.load(x_ptr + i)
                    tl.store(x_ptr + N - 1 - i, x * 2)
                    y = tl.load(x_ptr + (i ^ 32))
                    tl.store(x_ptr + i, y + 1)
                    tl.store(x_ptr + N, tl.load(x_ptr + 5))
                """,
            Grid.of(1))
        .check(HostArray.normal(1, 513), 512);
  }

  @Test
  void accessesOfIterationsKeepTheirOrder() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def smooth(x_ptr, steps, N: tl.constexpr):
                    i = tl.arange(0, N)
                    for step in range(steps):
                        left = tl.load(x_ptr + i)
                        right = tl.load(x_ptr + i + 1)
                        tl.store(x_ptr + i, (left + right) * 0.5)
                        if step % 2 == 1:
                            tl.store(x_ptr + N - i, tl.load(x_ptr + i + 1))
                """,
            Grid.of(1))
        .check(HostArray.normal(1, 257), 5, 256);
  }

  @Test
  void elementsOfOneThreadNeedNoBarrier() {
    List<GpuKernel> kernels =
        GpuTrial.of(
                HEAD
                    + """
                    @triton.jit
                    def update(x_ptr, g_ptr, N: tl.constexpr):
                        i = tl.program_id(0) * N + tl.arange(0, N)
                        x = tl.load(x_ptr + i) - tl.load(g_ptr + i)
                        tl.store(x_ptr + i, x)
                    """,
                Grid.of(2))
            .check(HostArray.normal(1, 1024), HostArray.normal(2, 1024), 512);
    assertThat(kernels.getFirst().ptx()).doesNotContain("bar.sync");
  }

  /** One program waits for another: all its threads must see the flag in the same iteration. */
  @Test
  void waitsForAFlag() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def wait(flag_ptr, x_ptr, out_ptr, N: tl.constexpr):
                    i = tl.arange(0, N)
                    if tl.program_id(0) == 0:
                        tl.store(x_ptr + i, i * 3)
                        tl.atomic_xchg(flag_ptr, 1)
                    else:
                        while tl.atomic_add(flag_ptr, 0) == 0:
                            pass
                        tl.store(out_ptr + i, tl.load(x_ptr + N - 1 - i))
                        turns = 0
                        while tl.load(flag_ptr, volatile=True) < 4:
                            turns += 1
                            tl.store(flag_ptr, turns * 2)
                        tl.store(out_ptr + N, turns)
                """,
            Grid.of(2))
        .check(
            HostArray.zeros(DType.I32, 1),
            HostArray.zeros(DType.I32, 256),
            HostArray.zeros(DType.I32, 257),
            256);
  }

  @Test
  void addressesBeforeTheBaseAreReached() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def before(x_ptr, out_ptr, N: tl.constexpr):
                    i = tl.arange(0, N)
                    x = tl.load(x_ptr + i - 4, mask=i >= 4, other=9.0)
                    tl.store(out_ptr + i - 4, x, mask=i >= 4)
                    tl.store(out_ptr + i + 1020, x)
                """,
            Grid.of(1))
        .check(HostArray.normal(1, 1024), HostArray.zeros(DType.FP32, 2048), 1024);
  }

  /** All four warps load the small tile; the first may not overwrite it before. */
  @Test
  void storesInPlaceWaitForRepeatedLoads() {
    List<GpuKernel> kernels =
        GpuTrial.of(
                HEAD
                    + """
                    @triton.jit
                    def place(x_ptr, y_ptr, wide_ptr, N: tl.constexpr, M: tl.constexpr):
                        i = tl.arange(0, N)
                        x = tl.load(x_ptr + i)
                        tl.store(y_ptr + i, x + 1)
                        j = tl.arange(0, M)
                        tl.store(wide_ptr + j[:, None] * N + i[None, :], x[None, :] + j[:, None])
                    """,
                Grid.of(1))
            .check(
                HostArray.normal(1, 16),
                HostArray.unwritten(16),
                HostArray.unwritten(64, 16),
                16,
                64);
    assertThat(kernels.getFirst().ptx().split("bar.sync")).hasSize(2);
  }
}
