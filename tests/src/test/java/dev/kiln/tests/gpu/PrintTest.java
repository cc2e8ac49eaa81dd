package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.memory.Slab;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Prints and assertions of kernels on simulated GPUs. */
class PrintTest {
  private static final String HEAD =
      """
      import triton
      import triton.language as tl

      """;

  /** Lines of a tile may come in any order; each tells its index. */
  @Test
  void printsTheLinesOfTheEvaluator() {
    String text =
        HEAD
            + """
            @triton.jit
            def prints(x, y, N: tl.constexpr):
                i = tl.arange(0, N)
                tl.device_print("index 100%", i)
                tl.device_print("hex", i * 300 - 5, hex=True)
                tl.device_print("bytes", (i * 50).to(tl.int8), (i * 50).to(tl.uint8))
                tl.device_print("unsigned", (i - 3).to(tl.uint32))
                tl.device_print("wide", (i - 3).to(tl.int64) * 10000000000)
                f = tl.load(x + i)
                tl.device_print("numbers", f, f.to(tl.float16), f.to(tl.float64))
                tl.device_print("bools", f > 0)
                tl.device_print("square", tl.reshape(f, (4, N // 4)))
                tl.device_print("scalar", tl.program_id(0))
                tl.device_print("only text")
            """;
    double[] numbers = {1.5, -2.25, Double.NaN, 1.0 / 0, -1.0 / 0, 0, -0.0, 1e-3, 1, 2, 3, 4};
    Consumer<Run> launch =
        run -> run.launch(text, 2, run.array(DType.FP32, numbers, 16), run.array(), 16);
    assertThat(lines(onSimulator(launch, Target.SM_80))).isEqualTo(lines(inEvaluator(launch)));
    assertThat(lines(onSimulator(launch, Target.SM_90A))).isEqualTo(lines(inEvaluator(launch)));
  }

  @Test
  void stopsWhereAnAssertionFails() {
    String text =
        HEAD
            + """
            @triton.jit
            def asserts(x, y, N: tl.constexpr):
                v = tl.load(x + tl.arange(0, N))
                tl.device_assert(v < 10, "too large", mask=v < 100)
                tl.store(y, tl.sum(v))
            """;
    assertThat(onSimulator(run -> asserts(run, text, 9), Target.SM_80)).isEmpty();
    assertThat(onSimulator(run -> asserts(run, text, 500), Target.SM_80)).isEmpty();
    assertThatThrownBy(() -> onSimulator(run -> asserts(run, text, 50), Target.SM_80))
        .hasMessageContaining("too large")
        .hasMessageContaining("kernel.py:7");
  }

  private static void asserts(Run run, String text, double odd) {
    run.launch(text, 1, run.array(DType.FP32, new double[] {1, odd, 3}, 32), run.array(), 32);
  }

  private static List<String> lines(String text) {
    return text.lines().sorted().toList();
  }

  private static String inEvaluator(Consumer<Run> launch) {
    var bytes = new ByteArrayOutputStream();
    var out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try (var device =
        new EvalDevice(Slab.ofSize(1 << 20), options -> options.printingTo(out), Target.SM_80)) {
      new Run(device).finish(launch);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static String onSimulator(Consumer<Run> launch, Target target) {
    var text = new StringBuilder();
    SimOptions options =
        SimOptions.standard().withTarget(target).withMemory(1 << 20).withOutput(text::append);
    try (var device =
        new SimDevice(
            options,
            kernel -> {
              GpuKernel compiled = GpuCompiler.compile(kernel);
              assemble(compiled, target);
              return compiled;
            })) {
      new Run(device).finish(launch);
    }
    return text.toString();
  }

  private static void assemble(GpuKernel kernel, Target target) {
    if (PtxasVerdicts.areAvailable()) {
      PtxasVerdicts.Verdict verdict = PtxasVerdicts.of(kernel, target);
      assertThat(verdict.accepted()).as(() -> verdict.log() + kernel.ptx()).isTrue();
    }
  }

  /** A launch and the arrays that it needs. */
  private static final class Run {
    private final Device device;
    private final List<NdArray> arrays = new ArrayList<>();

    Run(Device device) {
      this.device = device;
    }

    NdArray array(DType dtype, double[] start, int size) {
      NdArray array = NdArray.of(device, dtype, Arrays.copyOf(start, size), size);
      arrays.add(array);
      return array;
    }

    NdArray array() {
      return array(DType.FP32, new double[1], 1);
    }

    void launch(String text, int programs, Object... arguments) {
      KernelModule module = KernelModule.of("kernel.py", text);
      Kernel kernel = module.kernel(module.functionNames().getLast());
      var launch = kernel.on(device).options(CompileOptions.DEFAULT.withDebug(true));
      for (int i = 0; i < arguments.length; i++) {
        launch.arg(kernel.parameters().get(i).name(), arguments[i]);
      }
      launch.launch(programs, 1, 1);
    }

    void finish(Consumer<Run> body) {
      try {
        body.accept(this);
      } finally {
        arrays.forEach(NdArray::close);
      }
    }
  }
}
