package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.tests.rules.HostArray;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.Trial;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code tl.dot_scaled} of every pair of formats, against sums in double precision. */
class ScaledDotTest {
  private static final int M = 32;
  private static final int N = 64;
  private static final int K = 64;

  private static final String TEXT =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def matrix(x, ROWS: tl.constexpr, COLS: tl.constexpr):
          return tl.load(x + tl.arange(0, ROWS)[:, None] * COLS + tl.arange(0, COLS)[None, :])

      @triton.jit
      def scaled(a, a_scale, b, b_scale, c, A_ROWS: tl.constexpr, A_COLS: tl.constexpr,
                 B_ROWS: tl.constexpr, B_COLS: tl.constexpr, A_FORMAT: tl.constexpr,
                 B_FORMAT: tl.constexpr, A_GROUP: tl.constexpr, B_GROUP: tl.constexpr,
                 A_PACK: tl.constexpr, B_PACK: tl.constexpr,
                 M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
          left_scale = None
          if A_GROUP > 0:
              left_scale = matrix(a_scale, M, K // A_GROUP)
          right_scale = None
          if B_GROUP > 0:
              right_scale = matrix(b_scale, N, K // B_GROUP)
          at = tl.arange(0, M)[:, None] * N + tl.arange(0, N)[None, :]
          acc = tl.load(c + at)
          acc = tl.dot_scaled(
              matrix(a, A_ROWS, A_COLS), left_scale, A_FORMAT,
              matrix(b, B_ROWS, B_COLS), right_scale, B_FORMAT, acc,
              lhs_k_pack=A_PACK, rhs_k_pack=B_PACK)
          tl.store(c + at, acc)
      """;

  /** An operand's elements, and the bytes or numbers that a kernel loads. */
  private record Side(
      String format, int group, boolean packedAlongDepth, double[][] numbers, HostArray stored) {}

  static Stream<Arguments> products() {
    return Stream.of(
        product("e2m1", 32, true, "e2m1", 32, true),
        product("e2m1", 16, true, "e2m1", 16, true),
        product("e2m1", 32, false, "e2m1", 32, false),
        product("e4m3", 32, true, "e4m3", 32, true),
        product("e5m2", 32, true, "e4m3", 0, true),
        product("bf16", 0, true, "e2m1", 32, true),
        product("fp16", 0, true, "e2m1", 32, false),
        product("e5m2", 0, true, "e5m2", 32, true),
        product("e2m1", 32, true, "bf16", 32, true));
  }

  private static Arguments product(Object... arguments) {
    return Arguments.of(arguments);
  }

  @ParameterizedTest
  @MethodSource("products")
  void sumsAreRight(
      String left,
      int leftGroup,
      boolean leftPack,
      String right,
      int rightGroup,
      boolean rightPack) {
    Side a = side(1, left, leftGroup, leftPack, M, K, true);
    Side b = side(2, right, rightGroup, rightPack, K, N, false);
    HostArray aScale = scales(3, M, leftGroup);
    HostArray bScale = scales(4, N, rightGroup);
    HostArray c = HostArray.quarters(DType.FP32, 5, M, N);
    KernelCase kernelCase =
        KernelCase.of(
            KernelModule.of("scaled.py", TEXT).kernel("scaled"),
            Grid.of(1),
            a.stored(),
            aScale,
            b.stored(),
            bScale,
            c,
            (int) a.stored().shape()[0],
            (int) a.stored().shape()[1],
            (int) b.stored().shape()[0],
            (int) b.stored().shape()[1],
            left,
            right,
            leftGroup,
            rightGroup,
            leftPack,
            rightPack,
            M,
            N,
            K);
    for (Supplier<Device> device :
        Stream.<Supplier<Device>>of(
                EvalDevice::new,
                () -> new CpuDevice(CpuOptions.ofMachine().withMemoryBytes(64L << 20)),
                () -> simulated(Target.SM_80),
                () -> simulated(Target.SM_90A))
            .toList()) {
      try (Device opened = device.get();
          Trial trial = kernelCase.on(opened)) {
        trial.launch();
        check(opened.toString(), trial.numbers(4), a, aScale, b, bScale, c);
      }
    }
  }

  private static void check(
      String device,
      double[] actual,
      Side a,
      HostArray aScale,
      Side b,
      HostArray bScale,
      HostArray c) {
    for (int m = 0; m < M; m++) {
      for (int n = 0; n < N; n++) {
        double sum = c.values()[m * N + n];
        double size = Math.abs(sum);
        for (int k = 0; k < K; k++) {
          double term =
              a.numbers()[m][k]
                  * scale(aScale, a.group(), m, k)
                  * b.numbers()[k][n]
                  * scale(bScale, b.group(), n, k);
          sum += term;
          size += Math.abs(term);
        }
        assertThat(actual[m * N + n])
            .as("%s: row %d, column %d", device, m, n)
            .isCloseTo(sum, Offset.offset(size * K * Math.ulp(1f)));
      }
    }
  }

  private static double scale(HostArray scales, int group, int row, int k) {
    return group == 0
        ? 1
        : Math.scalb(1.0, (int) scales.values()[row * (K / group) + k / group] - 127);
  }

  private static HostArray scales(long seed, int rows, int group) {
    return HostArray.integers(DType.U8, seed, 120, 134, rows, group == 0 ? 1 : K / group);
  }

  private static Side side(
      long seed,
      String format,
      int group,
      boolean packedAlongDepth,
      int rows,
      int cols,
      boolean isLeft) {
    double[][] numbers = new double[rows][cols];
    if (!format.equals("e2m1")) {
      DType dtype = dtype(format);
      double[] stored = new double[rows * cols];
      var random = new SplittableRandom(seed);
      for (int i = 0; i < stored.length; i++) {
        long bits =
            dtype.bits() == 8
                ? finite(random.nextInt(256), dtype)
                : FloatFormat.toBits(dtype, random.nextInt(-64, 65) / 16.0);
        numbers[i / cols][i % cols] = FloatFormat.fromBits(dtype, bits);
        stored[i] = dtype.bits() == 8 ? bits : numbers[i / cols][i % cols];
      }
      DType held = dtype.bits() == 8 ? DType.U8 : dtype;
      return new Side(
          format,
          group,
          packedAlongDepth,
          numbers,
          new HostArray(held, stored, new long[] {rows, cols}));
    }
    boolean alongColumns = packedAlongDepth == isLeft;
    int storedRows = alongColumns ? rows : rows / 2;
    int storedCols = alongColumns ? cols / 2 : cols;
    HostArray bytes = HostArray.integers(DType.U8, seed, 0, 256, storedRows, storedCols);
    for (int r = 0; r < rows; r++) {
      for (int c = 0; c < cols; c++) {
        int at = alongColumns ? r * storedCols + c / 2 : r / 2 * storedCols + c;
        int part = alongColumns ? c % 2 : r % 2;
        numbers[r][c] = fourBits((int) bytes.values()[at] >> 4 * part & 15);
      }
    }
    return new Side(format, group, packedAlongDepth, numbers, bytes);
  }

  private static double fourBits(int bits) {
    double[] sizes = {0, 0.5, 1, 1.5, 2, 3, 4, 6};
    return (bits & 8) == 0 ? sizes[bits & 7] : -sizes[bits & 7];
  }

  private static long finite(int bits, DType dtype) {
    // Neither infinite nor NaN, and small enough for sums that round in the same way.
    return bits & (dtype == DType.FP8E5 ? 0xC7 : 0xBF);
  }

  private static DType dtype(String format) {
    return switch (format) {
      case "e4m3" -> DType.FP8E4NV;
      case "e5m2" -> DType.FP8E5;
      case "bf16" -> DType.BF16;
      default -> DType.FP16;
    };
  }

  private static SimDevice simulated(Target target) {
    return new SimDevice(
        SimOptions.standard().withTarget(target).withMemory(1 << 20),
        kernel -> {
          GpuKernel compiled = GpuCompiler.compile(kernel);
          if (PtxasVerdicts.areAvailable()) {
            PtxasVerdicts.Verdict verdict = PtxasVerdicts.of(compiled, target);
            assertThat(verdict.accepted()).as(verdict::log).isTrue();
          }
          return compiled;
        });
  }
}
