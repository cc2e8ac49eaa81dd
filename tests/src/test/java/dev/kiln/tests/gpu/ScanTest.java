package dev.kiln.tests.gpu;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Scans on simulated GPUs: axes, directions, numbers of warps, dtypes, combine functions. */
class ScanTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  private static final String ALONG_AXIS =
      HEAD
          + """
          @triton.jit
          def along_axis(x, y, A: tl.constexpr, B: tl.constexpr, AXIS: tl.constexpr, REV: tl.constexpr):
              i = tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :]
              tl.store(y + i, tl.%s(tl.load(x + i), axis=AXIS, reverse=REV))
          """;

  static Stream<Arguments> shapes() {
    return Stream.of(List.of(64, 32), List.of(4, 256), List.of(2, 4), List.of(1024, 1))
        .flatMap(
            shape ->
                Stream.of(0, 1)
                    .flatMap(
                        axis ->
                            Stream.of(1, 2, 8)
                                .map(
                                    warps ->
                                        Arguments.of(shape.get(0), shape.get(1), axis, warps))));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void sumsBothWays(int rows, int columns, int axis, int warps) {
    for (boolean reverse : new boolean[] {false, true}) {
      GpuTrial.of(ALONG_AXIS.formatted("cumsum"), Grid.of(1))
          .warps(warps)
          .check(
              HostArray.normal(1, rows, columns),
              HostArray.unwritten(rows, columns),
              rows,
              columns,
              axis,
              reverse);
    }
  }

  static Stream<Arguments> functions() {
    return Stream.of("cumsum", "cumprod")
        .flatMap(
            function ->
                Stream.of(DType.I8, DType.I16, DType.I32, DType.I64, DType.FP16, DType.FP64)
                    .map(dtype -> Arguments.of(function, dtype)));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void scansEveryType(String function, DType dtype) {
    DType result = dtype.isInteger() && dtype.bits() < 32 ? DType.I32 : dtype;
    HostArray numbers =
        dtype.isInteger()
            ? HostArray.integers(dtype, 5, -3, 4, 16, 64)
            : HostArray.quarters(dtype, 5, 16, 64);
    GpuTrial.of(ALONG_AXIS.formatted(function), Grid.of(1))
        .warps(2)
        .check(numbers, HostArray.unwritten(result, 16, 64), 16, 64, 0, false);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void combinesPairsInOrder(int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def affine(a1, b1, a2, b2):
                return a1 * a2, b1 * a2 + b2

            @triton.jit
            def recurrence(a, b, y, z, A: tl.constexpr, B: tl.constexpr, AXIS: tl.constexpr,
                           REV: tl.constexpr):
                i = tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :]
                p, q = tl.associative_scan((tl.load(a + i), tl.load(b + i)), AXIS, affine,
                                           reverse=REV)
                tl.store(y + i, p)
                tl.store(z + i, q)
            """;
    for (int axis = 0; axis < 2; axis++) {
      for (boolean reverse : new boolean[] {false, true}) {
        GpuTrial.of(text, Grid.of(1))
            .warps(warps)
            .check(
                HostArray.integers(DType.I32, 1, -9, 9, 32, 64),
                HostArray.integers(DType.I32, 2, -9, 9, 32, 64),
                HostArray.unwritten(DType.I32, 32, 64),
                HostArray.unwritten(DType.I32, 32, 64),
                32,
                64,
                axis,
                reverse);
      }
    }
  }
}
