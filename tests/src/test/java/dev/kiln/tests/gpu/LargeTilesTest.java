package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** Tiles of many registers are compiled in time that grows with their number only. */
class LargeTilesTest {
  private static final String ROWS =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def rows(x_ptr, y_ptr, n, R: tl.constexpr, C: tl.constexpr):
          r = tl.program_id(0) * R + tl.arange(0, R)[:, None]
          c = tl.arange(0, C)[None, :]
          x = tl.load(x_ptr + r * n + c, mask=c < n, other=float("-inf"))
          e = tl.exp(x - tl.max(x, axis=1)[:, None])
          tl.store(y_ptr + r * n + c, e / tl.sum(e, axis=1)[:, None], mask=c < n)
      """;

  @Test
  void fourRowsOf65536ElementsTakeLessThanASecond() {
    KernelModule module = KernelModule.of("rows.py", ROWS);
    compileNanos(module, 4096);
    long nanos = compileNanos(module, 65_536);
    assertThat(nanos / 1_000_000).as("milliseconds of the processor").isLessThan(1000);
  }

  private static long compileNanos(KernelModule module, int columns) {
    SimOptions options = SimOptions.standard().withTarget(Target.SM_80).withMemory(1 << 20);
    try (SimDevice device = new SimDevice(options);
        NdArray array = NdArray.empty(device, DType.FP32, 16)) {
      Launch launch = module.kernel("rows").on(device).numWarps(4);
      launch.arg("x_ptr", array).arg("y_ptr", array).arg("n", 60_000);
      var kernel = launch.arg("R", 4).arg("C", columns).compile();
      var clock = ManagementFactory.getThreadMXBean();
      long start = clock.getCurrentThreadCpuTime();
      GpuCompiler.compile(kernel);
      return clock.getCurrentThreadCpuTime() - start;
    }
  }
}
