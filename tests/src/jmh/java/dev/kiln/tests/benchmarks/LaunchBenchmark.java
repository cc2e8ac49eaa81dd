package dev.kiln.tests.benchmarks;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A launch of a compiled kernel over one program that adds 16 numbers: all of its time counts as
 * bookkeeping. Every argument is set anew.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 1)
public class LaunchBenchmark {
  static final String TEXT =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def tiny(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
          offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
          x = tl.load(x_ptr + offsets, mask=offsets < n)
          tl.store(out_ptr + offsets, x + 1.0, mask=offsets < n)
      """;

  private NdArray[] arrays;
  private NdArray out;
  private Launch launch;
  private int next;

  @Setup
  public void setUp() {
    Device device = Devices.cpu();
    arrays = new NdArray[] {Inputs.normal(device, 1, 16), Inputs.normal(device, 2, 16)};
    out = Inputs.normal(device, 3, 16);
    launch = KernelModule.of("tiny.py", TEXT).kernel("tiny").on(device);
    launch.arg("BLOCK", 16);
  }

  @Benchmark
  public void launch() {
    next ^= 1;
    launch.set(0, arrays[next]).set(1, out).set(2, 15 - next).launch(1, 1, 1);
  }
}
