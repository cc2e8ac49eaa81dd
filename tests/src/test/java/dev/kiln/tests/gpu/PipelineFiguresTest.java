package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.runtime.sim.monitor.count.Measure;
import dev.kiln.runtime.sim.monitor.count.Measures;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What pipelined products cost, by the simulator's counters. */
class PipelineFiguresTest {
  private static final int SIZE = 128;
  private static final int DEPTH = 256;

  private static final String PRODUCT =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def product(a, b, c, M, N, K, BM: tl.constexpr, BN: tl.constexpr, BK: tl.constexpr):
          m = tl.program_id(0) * BM + tl.arange(0, BM)
          n = tl.program_id(1) * BN + tl.arange(0, BN)
          k = tl.arange(0, BK)
          ap = a + m[:, None] * K + k[None, :]
          bp = b + k[:, None] * N + n[None, :]
          acc = tl.zeros((BM, BN), dtype=tl.float32)
          for i in range(0, K, BK):
              acc = tl.dot(tl.load(ap), tl.load(bp), acc)
              ap += BK
              bp += BK * N
          tl.store(c + m[:, None] * N + n[None, :], acc.to(tl.float16))
      """;

  private static LaunchFigures run(Target target, int warps, int stages) {
    List<GpuKernel> kernels = new ArrayList<>();
    SimOptions options =
        SimOptions.standard()
            .withTarget(target)
            .withMemory(64 << 20)
            .watchedBy(new LaunchCounting());
    try (SimDevice device =
            new SimDevice(
                options,
                kernel -> {
                  kernels.add(GpuCompiler.compile(kernel));
                  return kernels.getFirst();
                });
        NdArray a = NdArray.zeros(device, DType.FP16, SIZE, DEPTH);
        NdArray b = NdArray.zeros(device, DType.FP16, DEPTH, SIZE);
        NdArray c = NdArray.zeros(device, DType.FP16, SIZE, SIZE)) {
      KernelModule.of("product.py", PRODUCT)
          .kernel("product")
          .on(device)
          .numWarps(warps)
          .numStages(stages)
          .grid(1)
          .launch(a, b, c, SIZE, SIZE, DEPTH, SIZE, SIZE, 32);
      return new LaunchFigures(
          kernels.getFirst(), target, device.lastReport().part(Counters.class));
    }
  }

  @ParameterizedTest
  @CsvSource({"4, 2, 0.8, 208", "4, 3, 0.8, 208", "4, 4, 0.8, 208", "8, 3, 1.2, 128"})
  void halfProduct(int warps, int stages, double others, int registers) {
    LaunchFigures figures = run(Target.SM_80, warps, stages);
    assertThat(figures.value("bank_conflicts")).isZero();
    Measures copies =
        figures.counters().orElseThrow().sum(line -> line.mnemonic().startsWith("cp.async"));
    assertThat(copies.get(Measure.GLOBAL_SECTORS))
        .isEqualTo(copies.get(Measure.GLOBAL_IDEAL_SECTORS))
        .isEqualTo(2L * SIZE * DEPTH * 2 / 32);
    assertThat(figures.value("others_per_mma")).isLessThanOrEqualTo(others);
    if (PtxasVerdicts.areAvailable()) {
      assertThat(figures.value("spills")).isZero();
      assertThat(figures.value("registers")).isLessThanOrEqualTo(registers);
    }
  }
}
