package dev.kiln.tests.gpu;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Gathers, sorting, histograms and maps on simulated GPUs. */
class RearrangingTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  static Stream<Arguments> gathers() {
    return Stream.of(DType.I8, DType.I16, DType.I32, DType.I64, DType.FP16, DType.FP32)
        .flatMap(
            dtype ->
                Stream.of(0, 1)
                    .flatMap(
                        axis -> Stream.of(1, 4).map(warps -> Arguments.of(dtype, axis, warps))));
  }

  @ParameterizedTest
  @MethodSource("gathers")
  void gathersAtRandomIndices(DType dtype, int axis, int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def gather(x, index, y, A: tl.constexpr, B: tl.constexpr, C: tl.constexpr,
                       D: tl.constexpr, AXIS: tl.constexpr):
                i = tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :]
                j = tl.arange(0, C)[:, None] * D + tl.arange(0, D)[None, :]
                tl.store(y + j, tl.gather(tl.load(x + i), tl.load(index + j), AXIS))
            """;
    HostArray numbers =
        dtype.isInteger()
            ? HostArray.integers(dtype, 5, -100, 100, 16, 64)
            : HostArray.quarters(dtype, 5, 16, 64);
    for (int extent : new int[] {8, axis == 0 ? 16 : 64, 128}) {
      int rows = axis == 0 ? extent : 16;
      int columns = axis == 0 ? 64 : extent;
      GpuTrial.of(text, Grid.of(1))
          .warps(warps)
          .check(
              numbers,
              HostArray.integers(DType.I32, 2, 0, axis == 0 ? 16 : 64, rows, columns),
              HostArray.unwritten(dtype, rows, columns),
              16,
              64,
              rows,
              columns,
              axis);
    }
  }

  static Stream<Arguments> sorts() {
    return Stream.of(DType.I8, DType.I32, DType.FP16, DType.FP32)
        .flatMap(dtype -> Stream.of(1, 4).map(warps -> Arguments.of(dtype, warps)));
  }

  @ParameterizedTest
  @MethodSource("sorts")
  void sortsRows(DType dtype, int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def sort(x, y, best, A: tl.constexpr, B: tl.constexpr):
                i = tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :]
                v = tl.load(x + i)
                tl.store(y + i, tl.sort(v))
                j = tl.arange(0, A)[:, None] * 4 + tl.arange(0, 4)[None, :]
                tl.store(best + j, tl.topk(v, 4))
            """;
    HostArray numbers =
        dtype.isInteger()
            ? HostArray.integers(dtype, 5, -100, 100, 8, 64)
            : HostArray.quarters(dtype, 5, 8, 64);
    GpuTrial.of(text, Grid.of(1))
        .warps(warps)
        .check(numbers, HostArray.unwritten(dtype, 8, 64), HostArray.unwritten(dtype, 8, 4), 8, 64);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  void sortsAcrossWarps(int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def sort(x, y, N: tl.constexpr):
                i = tl.arange(0, N)
                tl.store(y + i, tl.flip(tl.sort(tl.load(x + i), descending=True)))
            """;
    for (DType dtype : new DType[] {DType.I64, DType.FP32}) {
      GpuTrial.of(text, Grid.of(1))
          .warps(warps)
          .check(
              HostArray.integers(dtype, 5, -1000, 1000, 512), HostArray.unwritten(dtype, 512), 512);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8})
  void countsInBins(int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def counts(x, y, N: tl.constexpr, BINS: tl.constexpr):
                v = tl.load(x + tl.arange(0, N))
                whole = tl.histogram(v, BINS)
                even = tl.histogram(v, BINS, mask=v % 2 == 0)
                tl.store(y + tl.arange(0, BINS), whole * 1000 + even)
            """;
    for (int bins : new int[] {2, 16, 512}) {
      for (int n : new int[] {16, 1024}) {
        GpuTrial.of(text, Grid.of(1))
            .warps(warps)
            .check(
                HostArray.integers(DType.I32, 5, -5, 40, n),
                HostArray.unwritten(DType.I32, bins),
                n,
                bins);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void mapsGroupsOfNeighbours(int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def swap(a, b, c, d):
                if a < b:
                    return b, a, d + c, d
                else:
                    return a, b, c, d - c

            @triton.jit
            def mapped(x, y, N: tl.constexpr):
                i = tl.arange(0, N)
                v = tl.map_elementwise(swap, tl.load(x + i), pack=4)[0]
                tl.store(y + i, v)
            """;
    GpuTrial.of(text, Grid.of(1))
        .warps(warps)
        .check(
            HostArray.integers(DType.I32, 5, -50, 50, 512),
            HostArray.unwritten(DType.I32, 512),
            512);
  }
}
