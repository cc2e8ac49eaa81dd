package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Compiler;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.eval.RandomKernel;
import dev.kiln.compiler.eval.RandomKernels;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random kernels on all devices: the evaluator, the CPU, and simulated GPUs with all sanitizers. To
 * look at one: {@code -Dkiln.random.first=SEED -Dkiln.random.kernels=1}, and fewer {@code
 * -Dkiln.random.steps}.
 */
class RandomKernelsTest {
  private static final int FIRST = Integer.getInteger("kiln.random.first", 0);
  private static final int KERNELS = Integer.getInteger("kiln.random.kernels", 20);
  private static final int STEPS = Integer.getInteger("kiln.random.steps", 0);
  private static final int MANY = 10_000;
  private static final int[] WARPS = {4, 1, 8, 2};
  private static final int MOST_STAGES = 4;

  /** What sm_80 lacks for good, and what no block has room for. */
  private static final List<String> REFUSED =
      List.of("fp8e4nv needs sm_89 or later", "bytes of shared memory, but a block of");

  private static final long MEMORY = 64L << 20;
  private static final long MOST_NANOS = 60_000_000_000L;

  @Test
  void devicesAgree() {
    check(KERNELS);
  }

  @Test
  @Tag("slow")
  void devicesAgreeOnManyKernels() {
    check(MANY);
  }

  private static void check(int kernels) {
    List<String> failures = new ArrayList<>();
    var cpuOptions = CpuOptions.ofMachine().withThreads(1).withMemoryBytes(MEMORY);
    try (var cpu = new CpuDevice(cpuOptions);
        var ampere = simulated(Target.SM_80);
        var hopper = simulated(Target.SM_90A)) {
      for (long seed = FIRST; seed < FIRST + kernels; seed++) {
        RandomKernel kernel = generate(seed);
        for (Device device : List.of(cpu, ampere, hopper)) {
          Optional<String> fault = check(kernel, device);
          if (fault.isPresent()) {
            failures.add(device.model() + ": " + fault.get());
            // At once: many kernels take long.
            System.out.println(failures.getLast());
          }
        }
      }
    }
    assertThat(failures).isEmpty();
  }

  private static SimDevice simulated(Target target) {
    return new SimDevice(
        SimOptions.standard()
            .withTarget(target)
            .withMemory(MEMORY)
            .withSanitizers(EnumSet.allOf(Sanitizer.class))
            .withExecutor(ExecutorOptions.standard().withThreads(1).withLimits(0, MOST_NANOS)));
  }

  private static RandomKernel generate(long seed) {
    return STEPS == 0
        ? RandomKernels.generate(seed)
        : RandomKernels.generate(seed, RandomKernels.Features.ALL.withSteps(STEPS));
  }

  /** What is wrong; of a lone kernel with its text. */
  private static Optional<String> check(RandomKernel kernel, Device device) {
    int warps = WARPS[(int) (kernel.seed() % WARPS.length)];
    int stages = 1 + (int) (kernel.seed() / WARPS.length % MOST_STAGES);
    CompileOptions options = CompileOptions.DEFAULT.withNumWarps(warps).withNumStages(stages);
    TileFunction optimized = Compiler.optimize(kernel.function(), options, device.target());
    var compiled =
        new CompiledKernel(
            optimized.name(),
            device.target(),
            new Specialization(List.of(), options),
            kernel.function(),
            optimized);
    String text = KERNELS == 1 ? "\n" + Printer.print(optimized) : "";
    try {
      List<byte[]> expected = kernel.evaluate(optimized);
      List<byte[]> actual = run(kernel, compiled, device);
      return kernel.difference(expected, actual).map(difference -> difference + text);
    } catch (CompilationException e) {
      if (REFUSED.stream().anyMatch(e.getMessage()::contains)) {
        return Optional.empty();
      }
      return Optional.of("seed " + kernel.seed() + ": " + e.getMessage() + text);
    } catch (RuntimeException | AssertionError e) {
      return Optional.of("seed " + kernel.seed() + ": " + trace(e) + text);
    }
  }

  private static String trace(Throwable thrown) {
    StackTraceElement[] frames = thrown.getStackTrace();
    return thrown + (frames.length == 0 ? "" : " at " + frames[0]);
  }

  /** What the buffers hold after a launch on a device. */
  private static List<byte[]> run(RandomKernel kernel, CompiledKernel compiled, Device device) {
    List<Buffer> buffers = new ArrayList<>();
    long[] arguments = new long[kernel.arguments().size()];
    try {
      for (int i = 0; i < arguments.length; i++) {
        switch (kernel.arguments().get(i)) {
          case RandomKernel.Scalar scalar ->
              arguments[i] = bits(compiled.optimized().params().get(i).dtype(), scalar.value());
          case RandomKernel.Buffer content -> {
            Buffer buffer = device.allocate(content.content().length);
            buffer.copyFrom(MemorySegment.ofArray(content.content()), 0);
            buffers.add(buffer);
            arguments[i] = buffer.address();
          }
        }
      }
      device
          .load(compiled)
          .launch(
              kernel.grid().x(),
              kernel.grid().y(),
              kernel.grid().z(),
              MemorySegment.ofArray(arguments));
      if (device instanceof SimDevice sim) {
        String findings = sim.lastReport().findings().text();
        assertThat(findings).as("findings").isEmpty();
      }
      List<byte[]> contents = new ArrayList<>();
      for (Buffer buffer : buffers) {
        byte[] content = new byte[(int) buffer.size()];
        buffer.copyTo(MemorySegment.ofArray(content), 0);
        contents.add(content);
      }
      return contents;
    } finally {
      buffers.forEach(Buffer::close);
    }
  }

  private static long bits(DType dtype, Number value) {
    return dtype.isFloat() ? FloatFormat.toBits(dtype, value.doubleValue()) : value.longValue();
  }
}
