package dev.kiln.tests.gpu;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Loops of products among other things: branches, reductions, atomics, loops of other shapes. */
class LoopsOfProductsTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  /** Bounds are loaded, from a table of ranges; some are empty. */
  @ParameterizedTest
  @CsvSource({"2, 4", "3, 1", "4, 8"})
  void rangesFromMemory(int stages, int warps) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def ranges(x_ptr, w_ptr, y_ptr, starts_ptr, N: tl.constexpr, K: tl.constexpr):
                    group = tl.program_id(0)
                    i = tl.arange(0, N)
                    k = tl.arange(0, K)
                    start = tl.load(starts_ptr + group)
                    end = tl.load(starts_ptr + group + 1)
                    acc = tl.zeros((N, N), tl.float32)
                    for at in range(start, end, K):
                        inside = at + k < end
                        x = tl.load(x_ptr + i[:, None] * 128 + at + k[None, :],
                                    mask=inside[None, :], other=0.0)
                        w = tl.load(w_ptr + (at + k[:, None]) * N + i[None, :],
                                    mask=inside[:, None], other=0.0)
                        acc += tl.dot(x, w)
                    tl.store(y_ptr + group * N * N + i[:, None] * N + i[None, :], acc)
                """,
            Grid.of(5))
        .options(CompileOptions.DEFAULT.withNumStages(stages).withNumWarps(warps))
        .check(
            HostArray.quarters(DType.FP16, 1, 32, 128),
            HostArray.quarters(DType.FP16, 2, 128, 32),
            HostArray.unwritten(5, 32, 32),
            new HostArray(DType.I32, new double[] {0, 17, 17, 64, 113, 127}, new long[] {6}),
            32,
            16);
  }

  /** A loop of one shape feeds a loop of another, again and again, in the same shared memory. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2})
  void loopsOfDifferentShapesTakeTurns(long seed) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def turns(x_ptr, w_ptr, y_ptr, rounds, n, N: tl.constexpr, B: tl.constexpr):
                    i = tl.arange(0, N)
                    k = tl.arange(0, B)
                    h = tl.arange(0, 16)
                    rows = x_ptr + i[:, None] * 128
                    sums = tl.zeros((N,), tl.float32)
                    for r in range(rounds):
                        acc = tl.zeros((N, N), tl.float32)
                        for at in range(0, n, B):
                            x = tl.load(rows + at + k[None, :])
                            w = tl.load(w_ptr + (at + k[:, None]) * N + i[None, :])
                            acc = tl.dot(x, w, acc)
                        top = tl.max(acc, axis=1)
                        small = tl.zeros((N, 16), tl.float32)
                        for at in range(r, n // 2, 16):
                            x = tl.load(rows + at + h[None, :])
                            w = tl.load(w_ptr + (at + h[:, None]) * N + h[None, :])
                            if at > 20:
                                small = tl.dot(x, w, small)
                        sums += top + tl.sum(small, axis=1)
                        tl.atomic_add(y_ptr + i, sums)
                    tl.store(y_ptr + N + i, tl.cumsum(sums, axis=0))
                """,
            Grid.of(1))
        .seed(seed)
        .on(seed == 0 ? Target.SM_90A : Target.SM_80)
        .check(
            HostArray.quarters(DType.FP16, 1, 32, 128),
            HostArray.quarters(DType.FP16, 2, 128, 32),
            HostArray.zeros(DType.FP32, 64),
            3,
            96,
            32,
            32);
  }

  /** Rows that wrap around, strides of 64 bits, pointers of both operands carried. */
  @Test
  void carriedPointersWithWideStrides() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def strided(x_ptr, w_ptr, y_ptr, m, n, sxm: tl.int64, sxk: tl.int64, swk: tl.int64,
                            swn: tl.int64, steps, N: tl.constexpr, K: tl.constexpr):
                    pm = tl.program_id(1)
                    i = (pm * N + tl.arange(0, N)) % m
                    j = (tl.program_id(2) * N + tl.arange(0, N)) % n
                    k = tl.arange(0, K)
                    x = x_ptr + i[:, None] * sxm + k[None, :] * sxk
                    w = w_ptr + k[:, None] * swk + j[None, :] * swn
                    acc = tl.zeros((N, N), tl.float32)
                    left = steps * K
                    while left > 0:
                        acc = tl.dot(tl.load(x), tl.load(w), acc)
                        x += K * sxk
                        w += K * swk
                        left -= K
                    for s in tl.range(0, steps, num_stages=3):
                        x -= K * sxk
                        w -= K * swk
                        acc -= 0.5 * tl.dot(tl.load(x), tl.load(w))
                    i = pm * N + tl.arange(0, N)
                    j = tl.program_id(2) * N + tl.arange(0, N)
                    tl.store(y_ptr + i[:, None] * n + j[None, :], acc,
                             mask=(i < m)[:, None] & (j < n)[None, :])
                """,
            Grid.of(1, 2, 2))
        .check(
            HostArray.quarters(DType.BF16, 1, 48, 64),
            HostArray.quarters(DType.BF16, 2, 40, 64),
            HostArray.unwritten(48, 40),
            48,
            40,
            64,
            1,
            1,
            64,
            4,
            32,
            16);
  }

  /** Batches, bytes, doubles, and more warps than products have tiles. */
  @ParameterizedTest
  @CsvSource({"FP16, 1", "FP16, 16", "I8, 4", "I8, 32", "FP32, 8", "FP64, 2", "BF16, 32"})
  void batchesInLoops(DType dtype, int warps) {
    boolean bytes = dtype == DType.I8;
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def batches(x_ptr, w_ptr, y_ptr, steps, B: tl.constexpr, N: tl.constexpr,
                            K: tl.constexpr, ACC: tl.constexpr):
                    b = tl.arange(0, B)[:, None, None]
                    i = tl.arange(0, N)
                    k = tl.arange(0, K)
                    acc = tl.zeros((B, N, N), ACC)
                    for s in range(steps):
                        x = tl.load(x_ptr + (b * N + i[None, :, None]) * 96 + s * K
                                    + k[None, None, :])
                        w = tl.load(w_ptr + (b * 96 + s * K + k[None, :, None]) * N
                                    + i[None, None, :])
                        acc = tl.dot(x, w, acc, input_precision="ieee")
                    tl.store(y_ptr + (b * N + i[None, :, None]) * N + i[None, None, :], acc)
                """
                    .replace("ACC)", bytes ? "tl.int32)" : "tl." + sum(dtype) + ")")
                    .replace(", ACC: tl.constexpr", ""),
            Grid.of(1))
        .warps(warps)
        .check(
            bytes
                ? HostArray.integers(dtype, 1, -9, 9, 4, 16, 96)
                : HostArray.quarters(dtype, 1, 4, 16, 96),
            bytes
                ? HostArray.integers(dtype, 2, -9, 9, 4, 96, 16)
                : HostArray.quarters(dtype, 2, 4, 96, 16),
            HostArray.zeros(
                bytes ? DType.I32 : dtype == DType.FP64 ? dtype : DType.FP32, 4, 16, 16),
            3,
            4,
            16,
            32);
  }

  private static String sum(DType dtype) {
    return dtype == DType.FP64 ? "float64" : "float32";
  }

  /** fp8 where the target has it, turned and not. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bytesOfFloats(boolean turned) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def eighths(x_ptr, w_ptr, y_ptr, steps, N: tl.constexpr, K: tl.constexpr):
                    i = tl.arange(0, N)
                    k = tl.arange(0, K)
                    acc = tl.zeros((N, N), tl.float32)
                    kept = tl.load(x_ptr + i[:, None] * 96 + k[None, :])
                    for s in range(steps):
                        x = tl.load(x_ptr + i[:, None] * 96 + s * K + k[None, :])
                        w = WEIGHT
                        acc = tl.dot(x, w, acc)
                        if s % 2 == 1:
                            kept = x
                    acc += tl.dot(kept, w)
                    tl.store(y_ptr + i[:, None] * N + i[None, :], acc)
                """
                    .replace(
                        "WEIGHT",
                        turned
                            ? "tl.load(w_ptr + i[:, None] * 96 + s * K + k[None, :]).T"
                            : "tl.load(w_ptr + (s * K + k[:, None]) * N + i[None, :])")
                    .replace(
                        "    acc = tl.zeros",
                        "    w = tl.zeros((K, N), tl.float8e4nv)\n    acc = tl.zeros"),
            Grid.of(1))
        .on(Target.SM_89, Target.SM_90A, Target.SM_120)
        .check(
            HostArray.quarters(DType.FP8E4NV, 1, 32, 96),
            HostArray.quarters(DType.FP8E4NV, 2, turned ? 32 : 96, turned ? 96 : 32),
            HostArray.unwritten(32, 32),
            3,
            32,
            32);
  }

  /** What a loop reads is decided by what it has computed. */
  @Test
  void addressesFromResults() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def follow(x_ptr, w_ptr, y_ptr, next_ptr, steps, N: tl.constexpr):
                    i = tl.arange(0, N)
                    acc = tl.zeros((N, N), tl.float32)
                    at = 0
                    for s in range(steps):
                        page = tl.load(next_ptr + at)
                        x = tl.load(x_ptr + page * N * N + i[:, None] * N + i[None, :])
                        w = tl.load(w_ptr + s * N * N + i[:, None] * N + i[None, :])
                        acc = tl.dot(x, w, acc * 0.5)
                        if tl.sum(tl.sum(acc, axis=1), axis=0) > 0:
                            at = (at + 1) % 4
                        else:
                            at = (at + 2) % 4
                        tl.store(next_ptr + 4 + s, at)
                    tl.store(y_ptr + i[:, None] * N + i[None, :], acc)
                """,
            Grid.of(1))
        .check(
            HostArray.quarters(DType.FP16, 1, 4, 16, 16),
            HostArray.quarters(DType.FP16, 2, 6, 16, 16),
            HostArray.unwritten(16, 16),
            new HostArray(DType.I32, new double[] {2, 0, 3, 1, 0, 0, 0, 0, 0, 0}, new long[] {10}),
            6,
            16);
  }

  /** A matrix that a loop overwrites, panel by panel, after it has read it. */
  @Test
  void panelsAreOverwritten() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def panels(a_ptr, n, N: tl.constexpr):
                    i = tl.arange(0, N)
                    tile = i[:, None] * n + i[None, :]
                    for p in range(0, n, N):
                        head = tl.load(a_ptr + p * n + p + tile)
                        for q in range(p + N, n, N):
                            left = tl.load(a_ptr + q * n + p + tile)
                            turned = tl.dot(left, head.to(tl.float16)).to(tl.float16)
                            tl.store(a_ptr + q * n + p + tile, turned)
                            acc = tl.zeros((N, N), tl.float32)
                            for r in range(p, q, N):
                                x = tl.load(a_ptr + q * n + r + tile)
                                acc = tl.dot(x, tl.load(a_ptr + r * n + q + tile), acc)
                            tl.store(a_ptr + q * n + q + tile, (acc * 0.125).to(tl.float16))
                """,
            Grid.of(1))
        .check(HostArray.quarters(DType.FP16, 1, 64, 64), 64, 16);
  }
}
