package dev.kiln.tests.gpu;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations that move elements. */
class ShapesTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8})
  void joinsAndSplits(int warps) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def rotate(x_ptr, out_ptr, N: tl.constexpr):
                    i = tl.arange(0, N)
                    pairs = tl.reshape(tl.load(x_ptr + i), (N // 2, 2))
                    even, odd = tl.split(pairs)
                    joined = tl.join(-odd, even)
                    tl.store(out_ptr + i, tl.reshape(joined, (N,)))
                    interleaved = tl.interleave(odd, even * 2)
                    tl.store(out_ptr + N + i, interleaved)
                    tl.store(out_ptr + 2 * N + i, tl.cat(even, odd, can_reorder=True))
                """,
            Grid.of(1))
        .warps(warps)
        .check(HostArray.normal(1, 512), HostArray.unwritten(1536), 512);
  }

  @Test
  void halvesOfTwoElementsAreScalars() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def two(x_ptr, out_ptr):
                    i = tl.arange(0, 2)
                    a, b = tl.split(tl.load(x_ptr + i))
                    tl.store(out_ptr, a * 3)
                    tl.store(out_ptr + 1, b - a)
                    tl.store(out_ptr + 2 + i, tl.join(b, a))
                """,
            Grid.of(1))
        .check(HostArray.normal(1, 2), HostArray.unwritten(4));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void permutesAndReshapes(int warps) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def permute(x_ptr, out_ptr, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr):
                    N: tl.constexpr = A * B * C
                    i = tl.arange(0, N)
                    x = tl.reshape(tl.load(x_ptr + i), (A, B, C))
                    tl.store(out_ptr + i, tl.reshape(tl.permute(x, (2, 0, 1)), (N,)))
                    y = tl.trans(tl.reshape(x, (A * B, C)))
                    j = tl.arange(0, C)[:, None] * (A * B) + tl.arange(0, A * B)[None, :]
                    tl.store(out_ptr + N + j, y)
                    z = tl.expand_dims(tl.load(x_ptr + tl.arange(0, A)), 1)
                    z = tl.broadcast_to(z, (A, B)) + tl.arange(0, B)[None, :]
                    tl.store(out_ptr + 2 * N + tl.arange(0, A * B), tl.reshape(z, (A * B,)))
                """,
            Grid.of(1))
        .warps(warps)
        .check(
            HostArray.normal(DType.FP16, 1, 512), HostArray.unwritten(DType.FP16, 1536), 4, 16, 8);
  }
}
