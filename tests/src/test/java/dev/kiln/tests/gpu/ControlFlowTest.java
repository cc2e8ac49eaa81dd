package dev.kiln.tests.gpu;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Loops and branches, and what they carry. */
class ControlFlowTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  /** Bounds at the ends of the range, where one step more would overflow. */
  @ParameterizedTest
  @CsvSource({
    "0, 10, 3",
    "5, 5, 1",
    "7, 5, 1",
    "-10, -3, 2",
    "2147483600, 2147483647, 17",
    "-2147483648, -2147483600, 100",
    "-2147483648, 2147483647, 2147483647",
    "2147483640, 2147483647, 2147483647",
    "0, 1, 2147483647"
  })
  void loopsOf32Bits(int lower, int upper, int step) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit(do_not_specialize=["lower", "upper", "step"])
                def count(out_ptr, lower, upper, step, N: tl.constexpr):
                    number = 0
                    sum = tl.zeros((N,), tl.int32)
                    i = lower
                    for i in range(lower, upper, step):
                        number += 1
                        sum += i + tl.arange(0, N)
                    tl.store(out_ptr + tl.arange(0, N), sum)
                    tl.store(out_ptr + N, number)
                """,
            Grid.of(1))
        .check(HostArray.zeros(DType.I32, 65), lower, upper, step, 64);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 10, 3",
    "9223372036854775800, 9223372036854775807, 5",
    "-9223372036854775808, -9223372036854775800, 9223372036854775807",
    "-4000000000, 4000000000, 3000000000"
  })
  void loopsOf64Bits(long lower, long upper, long step) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit(do_not_specialize=["lower", "upper", "step"])
                def count(out_ptr, lower: tl.int64, upper: tl.int64, step: tl.int64):
                    number = 0
                    for i in range(lower, upper, step):
                        number += 1
                    tl.store(out_ptr, number)
                """,
            Grid.of(1))
        .check(HostArray.zeros(DType.I32, 1), lower, upper, step);
  }

  @Test
  void loopsInLoops() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def nested(x_ptr, out_ptr, n, m, N: tl.constexpr):
                    i = tl.arange(0, N)
                    outside = tl.load(x_ptr + i)
                    total = tl.zeros((N,), tl.float32)
                    last = outside
                    for a in range(n):
                        row = total
                        for b in range(a, m):
                            row += outside * b
                            total = total + row * 0.5
                        last, total = total, last
                    tl.store(out_ptr + i, total)
                    tl.store(out_ptr + N + i, last)
                """,
            Grid.of(1))
        .check(HostArray.quarters(DType.FP32, 1, 128), HostArray.unwritten(256), 4, 3, 128);
  }

  @Test
  void whilesCarryScalarsAndTiles() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def collatz(x_ptr, out_ptr, start, N: tl.constexpr):
                    i = tl.arange(0, N)
                    x = tl.load(x_ptr + i)
                    n = start
                    steps = 0
                    while n != 1:
                        if n % 2 == 0:
                            n = n // 2
                            x = x + 1
                        else:
                            n = 3 * n + 1
                            x = x * 2
                        steps += 1
                    tl.store(out_ptr + i, x)
                    tl.store(out_ptr + N, steps)
                """,
            Grid.of(1))
        .check(
            HostArray.integers(DType.I32, 1, 0, 9, 256), HostArray.zeros(DType.I32, 257), 27, 256);
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "2"})
  void branchesGiveTilesAndScalars(int way) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit(do_not_specialize=["way"])
                def branch(x_ptr, out_ptr, way, N: tl.constexpr):
                    i = tl.arange(0, N)
                    x = tl.load(x_ptr + i)
                    scale = 1.0
                    if way == 0:
                        x = x + tl.load(x_ptr + N - 1 - i)
                        scale = 2.0
                    elif way == 1:
                        x = tl.zeros((N,), tl.float32)
                        tl.store(out_ptr + N, 5.0)
                    if way == 2:
                        return
                    tl.store(out_ptr + i, x * scale)
                """,
            Grid.of(1))
        .check(HostArray.normal(1, 128), HostArray.unwritten(129), way, 128);
  }

  /** What loops carry need not be numbers. */
  @Test
  void loopsCarryPointersAndConditions() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def walk(x_ptr, out_ptr, n, N: tl.constexpr):
                    i = tl.arange(0, N)
                    pointers = x_ptr + i * 3
                    seen = i < 0
                    k = 0
                    while k < n:
                        seen = seen | (tl.load(pointers) > 1)
                        pointers += tl.where(i % 2 == 0, 1, N)
                        k += 1
                    tl.store(out_ptr + i, seen)
                """,
            Grid.of(1))
        .check(HostArray.normal(1, 2048), HostArray.zeros(DType.I8, 256), 4, 256);
  }
}
