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

/** Control flow deep in other control flow, and loops that carry tiles of every type. */
class NestingTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  /** The innermost loop copies ahead; others carry its accumulator, or do not run at all. */
  @ParameterizedTest
  @CsvSource({"2, 2, 2, 2, 3, 3", "1, 3, 1, 2, 1, 4", "2, 0, 2, 2, 2, 2", "3, 1, 2, 1, 5, 2"})
  void productsFiveLoopsDeep(int a, int b, int c, int d, int e, int stages) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def deep(x_ptr, w_ptr, y_ptr, A, B, C, D, E, N: tl.constexpr, K: tl.constexpr):
                    i = tl.arange(0, N)
                    j = tl.arange(0, K)
                    acc = tl.zeros((N, N), tl.float32)
                    for a in range(A):
                        for b in range(B):
                            for c in range(C):
                                if c != 1:
                                    acc *= 0.5
                                for d in range(D):
                                    shift = (a + b + c + d) % 3
                                    for e in range(E):
                                        x = tl.load(x_ptr + (i[:, None] + shift) * 80
                                                    + e * K + j[None, :])
                                        w = tl.load(w_ptr + (e * K + j[:, None]) * N + i[None, :],
                                                    mask=e * K + j[:, None] < 70 - shift,
                                                    other=0.0)
                                        acc = tl.dot(x, w, acc)
                            acc += b
                        tl.store(y_ptr + i[:, None] * N + i[None, :], acc)
                """,
            Grid.of(1))
        .options(CompileOptions.DEFAULT.withNumStages(stages))
        .check(
            HostArray.quarters(DType.FP16, 1, 20, 80),
            HostArray.quarters(DType.FP16, 2, 80, 16),
            HostArray.unwritten(16, 16),
            a,
            b,
            c,
            d,
            e,
            16,
            16);
  }

  /** Products behind a branch in a loop, and two pipelined loops one after the other. */
  @Test
  void loopsBesideLoopsAndBehindBranches() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def beside(x_ptr, w_ptr, y_ptr, E, N: tl.constexpr, K: tl.constexpr):
                    i = tl.arange(0, N)
                    j = tl.arange(0, K)
                    xs = x_ptr + i[:, None] * 80 + j[None, :]
                    ws = w_ptr + j[:, None] * N + i[None, :]
                    acc = tl.zeros((N, N), tl.float32)
                    turn = 0
                    while turn < 3:
                        if turn != 1:
                            for e in range(E):
                                acc = tl.dot(tl.load(xs + e * K), tl.load(ws + e * K * N), acc)
                        else:
                            for e in range(1, E + 1):
                                acc = tl.dot(tl.load(xs + (E - e) * K), tl.load(ws), acc)
                            acc = tl.dot(acc.to(tl.float16), tl.load(ws))
                        turn += 1
                    for e in range(0, E * K, K):
                        acc = tl.dot(tl.load(xs + e), tl.load(ws + e * N), acc)
                    tl.store(y_ptr + i[:, None] * N + i[None, :], acc)
                """,
            Grid.of(1))
        .check(
            HostArray.quarters(DType.FP16, 1, 16, 80),
            HostArray.quarters(DType.FP16, 2, 80, 16),
            HostArray.unwritten(16, 16),
            5,
            16,
            16);
  }

  /** Flags that end loops early, from results of other threads. */
  @Test
  void whilesThatEndEarly() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def search(x_ptr, y_ptr, n, limit, N: tl.constexpr):
                    row = tl.program_id(0)
                    if row == 3:
                        tl.store(y_ptr + 2 * row, -1)
                        return
                    i = tl.arange(0, N)
                    found = -1
                    start = 0
                    open = True
                    while open & (start < n):
                        x = tl.load(x_ptr + row * n + start + i, mask=start + i < n, other=-1)
                        hits = tl.sum((x == 7).to(tl.int32), axis=0)
                        if hits > 0:
                            found = start + tl.min(tl.where(x == 7, i, N), axis=0)
                            open = False
                        start += N
                        steps = 0
                        while (steps < limit) & open:
                            steps += 2
                            if steps > 5:
                                open = steps != 6
                    tl.store(y_ptr + 2 * row, found)
                    tl.store(y_ptr + 2 * row + 1, start)
                """,
            Grid.of(6))
        .check(
            HostArray.integers(DType.I32, 5, 0, 60, 6, 200),
            HostArray.zeros(DType.I32, 12),
            200,
            5,
            32);
  }

  @Test
  void branchesThirtyDeep() {
    var text = new StringBuilder(HEAD);
    text.append("@triton.jit\ndef deep(x_ptr, n, N: tl.constexpr):\n");
    text.append("    i = tl.program_id(0) * N + tl.arange(0, N)\n");
    text.append("    x = tl.load(x_ptr + i)\n    s = n\n");
    String indent = "    ";
    for (int k = 0; k < 30; k++) {
      text.append(indent).append("if s > ").append(k).append(":\n");
      indent += "  ";
      text.append(indent).append("x = x * 2 + ").append(k).append("\n");
      text.append(indent).append("s += tl.program_id(0)\n");
    }
    for (int k = 29; k >= 0; k--) {
      String at = "    " + "  ".repeat(k);
      text.append(at).append("else:\n").append(at).append("  x = x - ").append(k).append("\n");
    }
    text.append("    tl.store(x_ptr + i, x + s)\n");
    GpuTrial.of(text.toString(), Grid.of(3))
        .on(Target.SM_80)
        .check(HostArray.integers(DType.I32, 1, 0, 9, 3, 128), 11, 128);
  }

  @Test
  void loopsTwelveDeep() {
    var text = new StringBuilder(HEAD);
    text.append("@triton.jit\ndef deep(x_ptr, n, N: tl.constexpr):\n");
    text.append("    i = tl.arange(0, N)\n    x = tl.load(x_ptr + i)\n");
    String indent = "    ";
    for (int k = 0; k < 12; k++) {
      if (k % 3 == 2) {
        text.append(indent)
            .append("w%d = 0\n".formatted(k))
            .append(indent)
            .append("while w%d < n - 1:\n".formatted(k));
        indent += "  ";
        text.append(indent).append("w%d += 1\n".formatted(k));
      } else {
        text.append(indent).append("for k%d in range(n - %d):\n".formatted(k, k > 6 ? 1 : k % 2));
        indent += "  ";
      }
      text.append(indent).append("x = x + ").append(k).append(" - tl.sum(x, axis=0) // 64\n");
    }
    text.append("    tl.store(x_ptr + i, x)\n");
    GpuTrial.of(text.toString(), Grid.of(1))
        .check(HostArray.integers(DType.I32, 1, 0, 9, 128), 2, 128);
  }

  // ---------------------------------------------------------------- carried tiles

  @ParameterizedTest
  @ValueSource(
      strings = {
        "int1",
        "int8",
        "uint8",
        "int16",
        "uint16",
        "int64",
        "uint64",
        "float8e5",
        "float16",
        "bfloat16",
        "float64"
      })
  void loopsCarryTilesOfEveryType(String type) {
    DType dtype = dtype(type);
    boolean isFloat = dtype.isFloat();
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def carry(x_ptr, y_ptr, n, m, N: tl.constexpr):
                    i = tl.arange(0, N)
                    x = tl.load(x_ptr + i).to(tl.%1$s)
                    old = x
                    kept = tl.reshape(x, (N // 4, 4))
                    for k in range(n):
                        next = (x.to(tl.float32) * 2 - old.to(tl.float32)).to(tl.%1$s)
                        old = x
                        x = next
                        kept = tl.where((i %% 3 == k %% 3).reshape((N // 4, 4)),
                                        tl.reshape(old, (N // 4, 4)), kept)
                        if k == 2:
                            x, old = old, x
                    turn = 0
                    while turn < m:
                        x, old = old, x
                        turn += 1
                    tl.store(y_ptr + i, x.to(tl.float32))
                    tl.store(y_ptr + N + i, old.to(tl.float32))
                    tl.store(y_ptr + 2 * N + i, tl.reshape(kept, (N,)).to(tl.float32))
                """
                    .formatted(type),
            Grid.of(1))
        .check(
            HostArray.integers(isFloat ? DType.FP32 : DType.I32, 3, 0, 3, 256),
            HostArray.unwritten(768),
            5,
            3,
            256);
  }

  private static DType dtype(String type) {
    return switch (type) {
      case "int1" -> DType.I1;
      case "float8e5" -> DType.FP8E5;
      case "float16" -> DType.FP16;
      case "bfloat16" -> DType.BF16;
      case "float64" -> DType.FP64;
      default -> DType.I32;
    };
  }

  /** Pointers swapped, advanced and chosen in loops and branches. */
  @Test
  void loopsCarryTilesOfPointers() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def pointers(x_ptr, y_ptr, n, N: tl.constexpr):
                    i = tl.arange(0, N)
                    a = x_ptr + i
                    b = y_ptr + 2 * i
                    at = x_ptr
                    for k in range(n):
                        v = tl.load(a)
                        tl.store(b, v + k + tl.load(at))
                        a, b = b, a
                        at += 1
                        if k % 2 == 0:
                            a = a + i // 8
                        b = tl.where(i < 10, b, b + 1)
                    tl.store(y_ptr + 1000 + i, tl.load(a))
                """,
            Grid.of(1))
        .check(HostArray.normal(1, 400), HostArray.normal(2, 1500), 5, 128);
  }

  // ---------------------------------------------------------------- pointers in memory

  /** A table of pointers, made by one program part and read by others, of scalars and of tiles. */
  @Test
  void pointersAreStoredAndLoaded() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def table(x_ptr, y_ptr, table_ptr, n, N: tl.constexpr, K: tl.constexpr):
                    i = tl.arange(0, N)
                    k = tl.arange(0, K)
                    base = x_ptr.to(tl.int64)
                    tl.store(table_ptr + k, base + (K - 1 - k).to(tl.int64) * N * 4)
                    for j in range(n):
                        row = tl.load(table_ptr + j).to(tl.pointer_type(tl.float32))
                        x = tl.load(row + i, mask=i < N - j, other=0.0)
                        tl.store(y_ptr + j * N + i, x * 2)
                        tl.store(row + i, x + 1, mask=i < N // 2)
                    rows = tl.load(table_ptr + k).to(tl.pointer_type(tl.float32))
                    firsts = tl.load(rows + 1)
                    all = tl.load(rows[:, None] + i[None, :])
                    tl.store(y_ptr + K * N + k, firsts + tl.sum(all, axis=1))
                    tl.store(table_ptr + k, k.to(tl.int64))
                """,
            Grid.of(1))
        .check(
            HostArray.quarters(DType.FP32, 1, 8, 64),
            HostArray.zeros(DType.FP32, 9 * 64),
            HostArray.zeros(DType.I64, 8),
            8,
            64,
            8);
  }

  /** Products whose operands come from a table of pointers. */
  @Test
  void productsOfMatricesFromATable() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def grouped(x_ptr, y_ptr, table_ptr, groups, K, N: tl.constexpr, B: tl.constexpr):
                    tl.store(table_ptr, x_ptr.to(tl.int64))
                    tl.store(table_ptr + 1, (x_ptr + N * K).to(tl.int64))
                    i = tl.arange(0, N)
                    j = tl.arange(0, B)
                    for g in range(groups):
                        a = tl.load(table_ptr + g).to(tl.pointer_type(tl.float16))
                        acc = tl.zeros((N, N), tl.float32)
                        for k in range(0, K, B):
                            x = tl.load(a + i[:, None] * K + k + j[None, :])
                            acc = tl.dot(x, tl.trans(x), acc)
                        tl.store(y_ptr + g * N * N + i[:, None] * N + i[None, :], acc)
                    tl.store(table_ptr + tl.arange(0, 2), tl.zeros((2,), tl.int64))
                """,
            Grid.of(1))
        .check(
            HostArray.quarters(DType.FP16, 1, 2, 32, 64),
            HostArray.unwritten(2, 32, 32),
            HostArray.zeros(DType.I64, 2),
            2,
            64,
            32,
            16);
  }

  // ---------------------------------------------------------------- addresses

  @Test
  void wideOffsetsAndNegativeStrides() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def strides(x_ptr, y_ptr, stride_m, stride_n, far: tl.int64,
                            M: tl.constexpr, N: tl.constexpr):
                    m = tl.arange(0, M)
                    n = tl.arange(0, N)
                    base = x_ptr + far - (far - 1)
                    x = tl.load(base + 2047 + m[:, None] * stride_m + n[None, :] * stride_n)
                    y = tl.load(x_ptr + (far - far) + m[:, None].to(tl.int64) * N + (N - 1 - n))
                    tl.store(y_ptr + m[:, None] * N + n[None, :], x + y)
                    tl.store(y_ptr + M * N + (M - 1 - m[:, None]) * N + (N - 1 - n), x - y)
                    up = y_ptr + 3 * M * N - 1 + (-n).to(tl.int64)
                    for k in range(M):
                        tl.store(up, tl.load(x_ptr + n + k * N))
                        up -= N
                """,
            Grid.of(1))
        .check(
            HostArray.normal(1, 2049),
            HostArray.unwritten(3 * 2048),
            -64,
            -1,
            6_000_000_000L,
            32,
            64);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8})
  void updatesInPlace(int warps) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def place(x_ptr, n, N: tl.constexpr):
                    i = tl.arange(0, N)
                    row = x_ptr + tl.program_id(0) * N
                    for k in range(n):
                        x = tl.load(row + i)
                        y = tl.load(row + (N - 1 - i))
                        tl.store(row + i, tl.where(i < N // 2, x + y, x - y) * 0.5)
                        tl.store(row + k, 1.0)
                        tl.store(row + k, tl.load(row + k) + k)
                    s = tl.sum(tl.load(row + i), axis=0)
                    tl.store(row + i, s)
                    tl.store(row + 3, s * 2)
                    tl.store(row + 3, s * 4, mask=n > 2)
                    tl.store(row + 5 + (i & 0), 9.0)
                """,
            Grid.of(3))
        .warps(warps)
        .check(HostArray.normal(1, 3, 256), 4, 256);
  }

  @Test
  void everyTargetNests() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def all(x_ptr, y_ptr, n, N: tl.constexpr):
                    i = tl.arange(0, N)
                    x = tl.load(x_ptr + i)
                    best = x
                    at = 0
                    while at < n:
                        for k in range(at):
                            if tl.max(best, axis=0) < 4:
                                best = tl.maximum(best, tl.cumsum(x * k, axis=0))
                            else:
                                best = tl.sort(best) - k
                        at += 1
                    tl.store(y_ptr + i, best)
                """,
            Grid.of(1))
        .on(Target.SM_89, Target.SM_100, Target.SM_120)
        .check(HostArray.quarters(DType.FP32, 1, 128), HostArray.unwritten(128), 5, 128);
  }
}
