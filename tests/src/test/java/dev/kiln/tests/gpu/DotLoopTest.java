package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.EnumSet;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Products in loops: whole matrices, and products of products. */
class DotLoopTest {
  private static final String MATMUL =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def matmul(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
          m = tl.program_id(0) * BM + tl.arange(0, BM)
          n = tl.program_id(1) * BN + tl.arange(0, BN)
          k = tl.arange(0, BK)
          x = a + m[:, None] * K + k[None, :]
          y = b + k[:, None] * N + n[None, :]
          sums = tl.zeros((BM, BN), dtype=tl.float32)
          for i in range(0, K, BK):
              p = tl.load(x, mask=(m[:, None] < M) & (k[None, :] + i < K), other=0.0)
              q = tl.load(y, mask=(k[:, None] + i < K) & (n[None, :] < N), other=0.0)
              sums = tl.dot(p, q, sums)
              x += BK
              y += BK * N
          out = c + m[:, None] * N + n[None, :]
          tl.store(out, sums, mask=(m[:, None] < M) & (n[None, :] < N))
      """;

  /** Where blocks divide all extents. */
  private static final String EVEN_MATMUL =
      MATMUL
          .replace(", mask=(m[:, None] < M) & (k[None, :] + i < K), other=0.0", "")
          .replace(", mask=(k[:, None] + i < K) & (n[None, :] < N), other=0.0", "")
          .replace(", mask=(m[:, None] < M) & (n[None, :] < N)", "");

  private static final String CHAIN =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def chain(a, b, v, c, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr, D: tl.constexpr):
          m = tl.arange(0, M)
          n = tl.arange(0, N)
          k = tl.arange(0, K)
          d = tl.arange(0, D)
          x = tl.load(a + m[:, None] * K + k[None, :])
          sums = tl.zeros((M, D), dtype=tl.float32)
          for i in range(0, 2):
              y = tl.load(b + i * N * K + n[None, :] * K + k[:, None])
              p = tl.dot(x, y) * 0.5
              w = tl.load(v + i * N * D + n[:, None] * D + d[None, :])
              sums = tl.dot(p.to(v.dtype.element_ty), w, sums)
          tl.store(c + m[:, None] * D + d[None, :], sums)
      """;

  private final AtomicReference<GpuKernel> compiled = new AtomicReference<>();

  private SimDevice device(Target target) {
    return new SimDevice(
        SimOptions.standard()
            .withTarget(target)
            .withMemory(64 << 20)
            .withSanitizers(EnumSet.allOf(Sanitizer.class))
            .watchedBy(new LaunchCounting()),
        kernel -> {
          compiled.set(GpuCompiler.compile(kernel));
          return compiled.get();
        });
  }

  private static double[] numbers(DType dtype, int count, long seed) {
    var random = new SplittableRandom(seed);
    double[] numbers = new double[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = FloatFormat.round(dtype, random.nextDouble(-1, 1));
    }
    return numbers;
  }

  /** {@code a * b} in double precision or, plainly, in fp32. */
  private static double[] product(double[] a, double[] b, int m, int n, int k, boolean isPlain) {
    double[] sums = new double[m * n];
    for (int i = 0; i < sums.length; i++) {
      double sum = 0;
      for (int j = 0; j < k; j++) {
        double left = a[i / n * k + j];
        double right = b[j * n + i % n];
        sum = isPlain ? Math.fma((float) left, (float) right, (float) sum) : sum + left * right;
      }
      sums[i] = sum;
    }
    return sums;
  }

  private SimReport matmul(Target target, DType dtype, int m, int n, int k, int block, int warps) {
    double[] a = numbers(dtype, m * k, 1);
    double[] b = numbers(dtype, k * n, 2);
    try (SimDevice device = device(target);
        NdArray left = NdArray.of(device, dtype, a, a.length);
        NdArray right = NdArray.of(device, dtype, b, b.length);
        NdArray out = NdArray.empty(device, DType.FP32, (long) m * n)) {
      boolean isEven = m % block == 0 && n % block == 0 && k % 32 == 0;
      KernelModule.of("matmul.py", isEven ? EVEN_MATMUL : MATMUL)
          .kernel("matmul")
          .on(device)
          .numWarps(warps)
          .numStages(3)
          .grid((m + block - 1) / block, (n + block - 1) / block)
          .launch(left, right, out, m, n, k, block, block, 32);
      assertThat(device.lastReport().findings().text()).isEmpty();
      double[] exact = product(a, b, m, n, k, false);
      double[] plain = product(a, b, m, n, k, true);
      ErrorRule.check("matmul", DType.FP32, out.toDoubles(), plain, exact);
      return device.lastReport();
    }
  }

  @ParameterizedTest
  @CsvSource({"FP16, 64, 64, 64, 32, 4", "BF16, 50, 70, 45, 64, 4", "FP16, 70, 90, 104, 64, 8"})
  void matricesOfAllSizes(DType dtype, int m, int n, int k, int block, int warps) {
    matmul(Target.SM_80, dtype, m, n, k, block, warps);
  }

  @ParameterizedTest
  @CsvSource({"BF16, 128, 128, 96, 128, 4", "FP16, 70, 90, 104, 64, 4"})
  void warpgroupsMultiplyMatrices(DType dtype, int m, int n, int k, int block, int warps) {
    matmul(Target.SM_90A, dtype, m, n, k, block, warps);
    assertThat(compiled.get().ptx()).contains("wgmma.mma_async").doesNotContain("mma.sync");
  }

  @ParameterizedTest
  @CsvSource({"4, 1.0", "8, 1.3"})
  void theSteadyLoopIsMostlyProducts(int warps, double others) {
    Counters shorter = count(warps, 96);
    Counters longer = count(warps, 160);
    long products = longer.executions("mma") - shorter.executions("mma");
    long all = instructions(longer) - instructions(shorter);
    assertThat((double) (all - products) / products)
        .as("other instructions for each mma")
        .isLessThanOrEqualTo(others);
    assertThat(longer.sum(line -> line.mnemonic().startsWith("ldmatrix")).bankConflicts()).isZero();
  }

  private Counters count(int warps, int k) {
    return matmul(Target.SM_80, DType.FP16, 128, 128, k, 128, warps)
        .part(Counters.class)
        .orElseThrow();
  }

  private static long instructions(Counters counters) {
    return counters.total().get(Measure.EXECUTIONS);
  }

  @ParameterizedTest
  @EnumSource(names = {"FP16", "BF16"})
  void theFirstProductFeedsTheSecondInRegisters(DType dtype) {
    int m = 64;
    int n = 32;
    int k = 64;
    double[] a = numbers(dtype, m * k, 1);
    double[] b = numbers(dtype, 2 * n * k, 2);
    double[] v = numbers(dtype, 2 * n * 64, 3);
    double[] plain;
    try (EvalDevice eval = new EvalDevice();
        NdArray out = NdArray.empty(eval, DType.FP32, m * 64)) {
      chain(eval, dtype, a, b, v, out, m, n, k);
      plain = out.toDoubles();
    }
    try (SimDevice device = device(Target.SM_80);
        NdArray out = NdArray.empty(device, DType.FP32, m * 64)) {
      chain(device, dtype, a, b, v, out, m, n, k);
      assertThat(device.lastReport().findings().text()).isEmpty();
      ErrorRule.check("chain", dtype, out.toDoubles(), plain, plain);
    }
  }

  private static void chain(
      dev.kiln.runtime.Device device,
      DType dtype,
      double[] a,
      double[] b,
      double[] v,
      NdArray out,
      int m,
      int n,
      int k) {
    try (NdArray x = NdArray.of(device, dtype, a, a.length);
        NdArray y = NdArray.of(device, dtype, b, b.length);
        NdArray w = NdArray.of(device, dtype, v, v.length)) {
      KernelModule.of("chain.py", CHAIN)
          .kernel("chain")
          .on(device)
          .numWarps(4)
          .grid(1)
          .launch(x, y, w, out, m, n, k, 64);
    }
  }

  @Test
  void chainedProductsNeedNoSharedMemoryBetweenThem() {
    theFirstProductFeedsTheSecondInRegisters(DType.FP16);
    assertThat(compiled.get().ptx()).contains("cvt.rn.f16x2.f32");
  }
}
