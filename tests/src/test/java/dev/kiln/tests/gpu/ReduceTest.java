package dev.kiln.tests.gpu;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reductions on simulated GPUs: axes, numbers of warps, dtypes, combine functions. */
class ReduceTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  private static final String ALONG_AXIS =
      HEAD
          + """
          @triton.jit
          def along_axis(x, y, A: tl.constexpr, B: tl.constexpr, AXIS: tl.constexpr):
              i = tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :]
              v = tl.load(x + i)
              REDUCED: tl.constexpr = B if AXIS == 0 else A
              tl.store(y + tl.arange(0, REDUCED), tl.%s(v, axis=AXIS))
          """;

  private static final String WHOLE =
      HEAD
          + """
          @triton.jit
          def whole(x, y, N: tl.constexpr):
              tl.store(y, tl.%s(tl.load(x + tl.arange(0, N))))
          """;

  static Stream<Arguments> shapes() {
    return Stream.of(
            List.of(64, 32), List.of(16, 128), List.of(8, 8), List.of(2, 4), List.of(256, 2))
        .flatMap(
            shape ->
                Stream.of(0, 1)
                    .flatMap(
                        axis ->
                            Stream.of(1, 4, 8)
                                .map(
                                    warps ->
                                        Arguments.of(shape.get(0), shape.get(1), axis, warps))));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void sumsAlongEitherAxis(int rows, int columns, int axis, int warps) {
    int rest = axis == 0 ? columns : rows;
    GpuTrial.of(ALONG_AXIS.formatted("sum"), Grid.of(1))
        .warps(warps)
        .check(HostArray.normal(1, rows, columns), HostArray.unwritten(rest), rows, columns, axis);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4, 8, 16})
  void sumsAllToAScalar(int warps) {
    for (int n : new int[] {1, 2, 32, 64, 1024}) {
      GpuTrial.of(WHOLE.formatted("sum"), Grid.of(1))
          .warps(warps)
          .check(HostArray.normal(3, n), HostArray.unwritten(1), n);
    }
  }

  static Stream<Arguments> functions() {
    return Stream.of("sum", "max", "min", "xor_sum", "argmax", "argmin", "reduce_or")
        .flatMap(
            function ->
                Stream.of(DType.I8, DType.I16, DType.I32, DType.I64, DType.FP16, DType.FP64)
                    .filter(
                        dtype ->
                            dtype.isInteger()
                                || !function.equals("xor_sum") && !function.equals("reduce_or"))
                    .map(dtype -> Arguments.of(function, dtype)));
  }

  @ParameterizedTest
  @MethodSource("functions")
  void reducesEveryType(String function, DType dtype) {
    DType result =
        function.startsWith("arg")
            ? DType.I32
            : dtype.isInteger() && dtype.bits() < 32 ? DType.I32 : dtype;
    HostArray numbers =
        dtype.isInteger()
            ? HostArray.integers(dtype, 5, -100, 100, 16, 64)
            : HostArray.quarters(dtype, 5, 16, 64);
    for (int axis = 0; axis < 2; axis++) {
      GpuTrial.of(ALONG_AXIS.formatted(function), Grid.of(1))
          .warps(2)
          .check(numbers, HostArray.unwritten(result, axis == 0 ? 64 : 16), 16, 64, axis);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void combinesTriplesThatDoNotCommuteToTheBit(int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def welford(mean_a, m2_a, n_a, mean_b, m2_b, n_b):
                n = n_a + n_b
                delta = mean_b - mean_a
                share = n_b / n
                return mean_a + delta * share, m2_a + m2_b + delta * delta * n_a * share, n

            @triton.jit
            def moments(x, mean, m2, A: tl.constexpr, B: tl.constexpr, AXIS: tl.constexpr):
                i = tl.arange(0, A)[:, None] * B + tl.arange(0, B)[None, :]
                v = tl.load(x + i)
                zeros = tl.zeros((A, B), tl.float32)
                m, s, n = tl.reduce((v, zeros, zeros + 1), AXIS, welford)
                REST: tl.constexpr = B if AXIS == 0 else A
                tl.store(mean + tl.arange(0, REST), m)
                tl.store(m2 + tl.arange(0, REST), s)
            """;
    for (int axis = 0; axis < 2; axis++) {
      int rest = axis == 0 ? 64 : 32;
      GpuTrial.of(text, Grid.of(1))
          .warps(warps)
          .check(
              HostArray.normal(1, 32, 64),
              HostArray.unwritten(rest),
              HostArray.unwritten(rest),
              32,
              64,
              axis);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void reducesTruthValues(int warps) {
    String text =
        HEAD
            + """
            @triton.jit
            def truths(x, y, z, N: tl.constexpr, M: tl.constexpr):
                i = tl.arange(0, N)[:, None] * M + tl.arange(0, M)[None, :]
                v = tl.load(x + i)
                some = tl.reduce_or(v > 1, axis=1)
                odd = tl.xor_sum(v > 0, axis=1)
                tl.store(y + tl.arange(0, N), some.to(tl.int32) * 2 + odd.to(tl.int32))
                tl.store(z, tl.reduce_or(tl.reduce_or(v > 2, axis=0), axis=0).to(tl.int32))
            """;
    for (int columns : new int[] {4, 32, 256}) {
      GpuTrial.of(text, Grid.of(1))
          .warps(warps)
          .check(
              HostArray.integers(DType.I32, 1, -60, 3, 8, columns),
              HostArray.unwritten(DType.I32, 8),
              HostArray.unwritten(DType.I32, 1),
              8,
              columns);
    }
  }

  @Test
  void softmaxOfRows() {
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
    GpuTrial.of(text, Grid.of(5))
        .check(HostArray.normal(1, 5, 1000), HostArray.unwritten(5, 1000), 1000, 1024);
  }
}
