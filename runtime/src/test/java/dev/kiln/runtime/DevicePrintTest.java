package dev.kiln.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.jvm.support.ProgramServices;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.memory.Slab;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicePrintTest {
  private static final KernelModule MODULE =
      KernelModule.of(
          "show.py",
          """
          import triton
          import triton.language as tl


          @triton.jit
          def show(x_ptr, n, BLOCK: tl.constexpr):
              x = tl.load(x_ptr + tl.arange(0, BLOCK))
              tl.device_print("here")
              tl.device_print("n", n)
              tl.device_print("both: ", x, n)
              tl.device_print("bits", x.to(tl.int8), hex=True)
          """);

  private static void launch(Device device) {
    double nan = Double.NaN;
    try (NdArray x = NdArray.of(device, DType.FP32, new double[] {0.5, -0.0, nan, 1e-7}, 4)) {
      MODULE.kernel("show").on(device).grid(1).launch(x, 7, 4);
    }
  }

  @Test
  void everyDevicePrintsTheSameLines() {
    List<String> onCpu = new ArrayList<>();
    ProgramServices.setPrintSink(onCpu::add);
    try {
      launch(Devices.cpu());
    } finally {
      ProgramServices.setPrintSink(System.out::println);
    }
    var evaluated = new ByteArrayOutputStream();
    var stream = new PrintStream(evaluated, false, StandardCharsets.UTF_8);
    launch(new EvalDevice(Slab.ofDefaultSize(), launch -> launch.printingTo(stream)));
    assertThat(onCpu).isEqualTo(evaluated.toString(StandardCharsets.UTF_8).lines().toList());
    assertThat(onCpu)
        .contains(
            "pid (0, 0, 0) here",
            "pid (0, 0, 0) idx () n: 7",
            "pid (0, 0, 0) idx (1) both: (operand 0) -0.000000",
            "pid (0, 0, 0) idx (2) both: (operand 0) nan",
            "pid (0, 0, 0) idx (0) bits: 0x00");
  }
}
