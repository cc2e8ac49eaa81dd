package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Blocks, grids, warps and stages from the least to the most. */
class LaunchShapesTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  /** Elementwise, a reduction, a scan, a transposition and a product, all in one. */
  private static final String MIXED =
      HEAD
          + """
          @triton.jit
          def mixed(x_ptr, w_ptr, y_ptr, sums_ptr, n, N: tl.constexpr, K: tl.constexpr):
              i = tl.arange(0, N)
              j = tl.arange(0, K)
              row = tl.program_id(0) * N
              inside = (row + i)[:, None] < n
              acc = tl.zeros((N, N), tl.float32)
              for k in range(0, 3 * K, K):
                  x = tl.load(x_ptr + (row + i)[:, None] * 3 * K + k + j[None, :],
                              mask=inside, other=0.0)
                  w = tl.load(w_ptr + (k + j)[:, None] * N + i[None, :])
                  acc = tl.dot(x, w, acc)
              y = acc + tl.trans(acc)
              tl.store(y_ptr + (row + i)[:, None] * N + i[None, :], y, mask=inside)
              tl.store(sums_ptr + row + i, tl.cumsum(tl.max(y, axis=1), axis=0),
                       mask=row + i < n)
          """;

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 3", "2, 1", "2, 7", "8, 4", "16, 6", "32, 2"})
  void anyWarpsAndStages(int warps, int stages) {
    GpuTrial.of(MIXED, Grid.of(2))
        .options(CompileOptions.DEFAULT.withNumWarps(warps).withNumStages(stages))
        .check(
            HostArray.quarters(DType.FP16, 1, 27, 48),
            HostArray.quarters(DType.FP16, 2, 48, 16),
            HostArray.unwritten(27, 16),
            HostArray.unwritten(27),
            27,
            16,
            16);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 32})
  void blocksOfOneElement(int warps) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def one(x_ptr, y_ptr, s_ptr, n, N: tl.constexpr):
                    i = tl.program_id(0) * N + tl.arange(0, N)
                    x = tl.load(x_ptr + i, mask=i < n, other=0.0)
                    square = x[:, None] * x[None, :]
                    tl.store(y_ptr + i, tl.sum(square, axis=1) + tl.cumsum(x, axis=0), mask=i < n)
                    tl.atomic_add(s_ptr + tl.zeros((N,), tl.int32), tl.where(i < n, 1, 0))
                    tl.store(s_ptr + 1, tl.argmax(x, axis=0))
                    for k in range(3):
                        tl.store(y_ptr + n + k + tl.zeros((N, N), tl.int32), square + k)
                """,
            Grid.of(1))
        .warps(warps)
        .check(HostArray.normal(1, 4), HostArray.unwritten(8), HostArray.zeros(DType.I32, 2), 4, 1);
  }

  /** The shapes of tiles of one to five axes, some of one element. */
  @ParameterizedTest
  @CsvSource({
    "'256', 0, 1",
    "'8,32', 1, 4",
    "'4,1,64', 2, 2",
    "'2,8,4,16', 1, 4",
    "'1,1,1,1', 3, 1",
    "'2,4,8,2,4', 2, 4",
    "'4,2,1,8,16', 0, 8",
    "'32,2,2,2,2', 4, 32"
  })
  void tilesOfOneToFiveAxes(String shape, int axis, int warps) {
    int[] extents = Arrays.stream(shape.split(",")).mapToInt(Integer::parseInt).toArray();
    int size = Arrays.stream(extents).reduce(1, (a, b) -> a * b);
    int rank = extents.length;
    StringBuilder turned = new StringBuilder();
    for (int i = rank - 1; i >= 0; i--) {
      turned.append(i).append(i > 0 ? ", " : "");
    }
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def axes(x_ptr, y_ptr, sum_ptr, turned_ptr, N: tl.constexpr):
                    i = tl.reshape(tl.arange(0, N), (%s,))
                    x = tl.load(x_ptr + i, mask=i %% 7 != 3, other=2.0)
                    tl.store(y_ptr + i, tl.cumsum(x, axis=%d))
                    sums = tl.sum(x, axis=%d, keep_dims=True)
                    tl.store(sum_ptr + i, x - sums)
                    t = tl.permute(x, (%s,))
                    tl.store(turned_ptr + tl.arange(0, N), tl.reshape(t, (N,)))
                """
                    .formatted(shape, axis, axis, turned),
            Grid.of(1))
        .warps(warps)
        .check(
            HostArray.quarters(DType.FP32, 1, size),
            HostArray.unwritten(size),
            HostArray.unwritten(size),
            HostArray.unwritten(size),
            size);
  }

  private static final String PROGRAMS =
      HEAD
          + """
          @triton.jit
          def programs(y_ptr, N: tl.constexpr):
              x = tl.program_id(0)
              y = tl.program_id(1)
              z = tl.program_id(2)
              p = x + tl.num_programs(0) * (y + tl.num_programs(1) * z)
              tl.store(y_ptr + p * N + tl.arange(0, N), x + 10 * y + 100 * z)
          """;

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 2, 4", "1, 5, 1", "1, 1, 6", "2, 1, 3"})
  void gridsOfThreeAxes(int x, int y, int z) {
    GpuTrial.of(PROGRAMS, Grid.of(x, y, z)).check(HostArray.zeros(DType.I32, 24 * 32), 32);
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 1", "1, 0, 1", "3, 2, 0"})
  void emptyGridsDoNothing(int x, int y, int z) {
    GpuTrial.of(PROGRAMS, Grid.of(x, y, z)).check(HostArray.zeros(DType.I32, 24 * 32), 32);
  }

  // ---------------------------------------------------------------- much and little

  @Test
  void kernelsThatDoNothing() {
    for (String body : new String[] {"pass", "i = tl.arange(0, 64) * 2", "return"}) {
      GpuTrial.of(HEAD + "@triton.jit\ndef nothing(x_ptr, n):\n    " + body + "\n", Grid.of(3))
          .check(HostArray.zeros(DType.I32, 4), 5);
      GpuTrial.of(HEAD + "@triton.jit\ndef nothing():\n    " + body + "\n", Grid.of(3)).check();
    }
  }

  @Test
  void kernelsOfScalarsAlone() {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def scalars(x_ptr, y_ptr, n, f, wide: tl.int64, flag):
                    p = tl.program_id(0)
                    a = tl.load(x_ptr + p) * f
                    b = (n // 3) % 5 + (n >> 1) - (p ^ n)
                    c = tl.exp(a) + tl.sqrt(tl.abs(a)) + b
                    big = wide * 3 + p
                    if flag:
                        c = tl.minimum(c, 2.0)
                    k = 0
                    while k * k < n:
                        k += 1
                    tl.store(y_ptr + 3 * p, tl.where(a < 0, c, -c))
                    tl.store(y_ptr + 3 * p + 1, (big >> 32).to(tl.float32))
                    tl.store(y_ptr + 3 * p + 2, k, mask=p != 1)
                """,
            Grid.of(4))
        .check(
            HostArray.normal(1, 4), HostArray.zeros(DType.FP32, 12), 77, 0.5, 5_000_000_000L, true);
  }

  /** 3,000 operations one after the other, and as many values that live to the end. */
  @Test
  void longKernels() {
    var text = new StringBuilder(HEAD);
    text.append("@triton.jit\ndef long(x_ptr, y_ptr, N: tl.constexpr):\n");
    text.append("    i = tl.arange(0, N)\n    x = tl.load(x_ptr + i)\n");
    for (int k = 0; k < 3000; k++) {
      text.append("    x = x * 0.5 + ").append(k % 17).append(k % 3 == 0 ? " - x * x\n" : "\n");
      if (k % 50 == 0) {
        text.append("    v%d = tl.load(x_ptr + (i ^ %d))\n".formatted(k / 50, k / 50 + 1));
        text.append("    x = tl.where(x < %d, x, v%d)\n".formatted(k % 7, k / 50));
      }
    }
    for (int k = 0; k < 60; k++) {
      text.append("    x += v%d\n".formatted(k));
    }
    text.append("    tl.store(y_ptr + i, x)\n");
    GpuTrial.of(text.toString(), Grid.of(1))
        .on(Target.SM_80)
        .check(HostArray.normal(1, 64), HostArray.unwritten(64), 64);
  }

  @ParameterizedTest
  @CsvSource({"70, 7.4", "1040, 8.1"})
  void manyParameters(int count, String version) {
    String ptx = parameters(count).on(Target.SM_80).check(many(count)).getFirst().ptx();
    assertThat(ptx).contains("p69_a69");
    assertThat(ptx).startsWith(".version " + version + "\n");
  }

  @Test
  void tooManyParametersAreAnError() {
    assertThatThrownBy(() -> parameters(8300).on(Target.SM_80).check(many(8300)))
        .hasRootCauseInstanceOf(CompilationException.class)
        .hasMessageContaining("bytes of parameters; on GPUs there may be 32,764");
  }

  private static GpuTrial parameters(int count) {
    var text = new StringBuilder(HEAD).append("@triton.jit\ndef many(y_ptr");
    for (int i = 1; i < count; i++) {
      text.append(", a").append(i);
    }
    text.append("):\n    s = 0.0\n");
    for (int i = 1; i < count; i += 1 + count / 70) {
      text.append("    s += a%d * %d\n".formatted(i, i));
    }
    text.append("    tl.store(y_ptr, s)\n");
    return GpuTrial.of(text.toString(), Grid.of(1));
  }

  private static Object[] many(int count) {
    Object[] arguments = new Object[count];
    arguments[0] = HostArray.unwritten(1);
    for (int i = 1; i < count; i++) {
      arguments[i] = i % 2 == 0 ? (Object) (i + 2) : (Object) (i / 8.0);
    }
    return arguments;
  }

  // ---------------------------------------------------------------- names

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add",
        "ret",
        "mov",
        "entry",
        "func",
        "reg",
        "WARP_SZ",
        "tid",
        "vprintf",
        "kiln_smem",
        "_",
        "__",
        "p0_x_ptr",
        "scratch",
        "größe",
        "核",
        "end1",
        "abs",
        "cvta",
        "mal_ö",
        "malloc",
        "kiln_print_1"
      })
  void kernelsOfAnyName(String name) {
    GpuTrial.of(
            HEAD
                + """
                @triton.jit
                def %s(x_ptr, param, größe, mov, N: tl.constexpr):
                    i = tl.arange(0, N)
                    x = tl.load(x_ptr + i)
                    s = tl.sum(x, axis=0)
                    if param > 3:
                        tl.device_print("größe", s)
                    tl.store(x_ptr + i, x + s + param + größe + mov)
                """
                    .formatted(name),
            Grid.of(1))
        .on(Target.SM_80)
        .check(HostArray.normal(1, 256), 4, 5, 6, 256);
  }
}
