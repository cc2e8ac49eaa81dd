package dev.kiln.tests.benchmarks;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A program whose step launches forty kernels that differ, elementwise ones and reductions over
 * rows, each over {@value #ELEMENTS} numbers; it is started in a JVM of its own. Prints the median
 * time of a step, in microseconds, in a window of a second around each of the given times after the
 * start of the JVM.
 */
final class FortyKernels {
  private static final int KERNELS = 40;
  private static final int ROWS = 16;
  private static final int COLUMNS = 1024;
  private static final int ELEMENTS = ROWS * COLUMNS;
  private static final double HALF_WINDOW = 0.5;

  private static final String HEADER =
      """
      import triton
      import triton.language as tl

      """;

  private FortyKernels() {}

  /** Arguments: seconds. */
  public static void main(String[] arguments) {
    long started = ManagementFactory.getRuntimeMXBean().getStartTime();
    long zero = System.nanoTime() - (System.currentTimeMillis() - started) * 1_000_000;
    List<Launch> step = step(Devices.cpu());
    for (String argument : arguments) {
      double at = Double.parseDouble(argument);
      System.out.println(median(step, zero, at - HALF_WINDOW, at + HALF_WINDOW));
    }
  }

  /** Runs steps until {@code to}; the median of those that began at {@code from} or later. */
  private static double median(List<Launch> step, long zero, double from, double to) {
    var times = new ArrayList<Double>();
    while (true) {
      long start = System.nanoTime();
      double second = (start - zero) / 1e9;
      if (second >= to && !times.isEmpty()) {
        times.sort(null);
        return times.get(times.size() / 2);
      }
      for (Launch launch : step) {
        launch.launch(ROWS, 1, 1);
      }
      if (second >= from) {
        times.add((System.nanoTime() - start) / 1e3);
      }
    }
  }

  private static List<Launch> step(Device device) {
    NdArray x = Inputs.normal(device, 1, ELEMENTS);
    NdArray y = Inputs.normal(device, 2, ELEMENTS);
    var launches = new ArrayList<Launch>();
    for (int i = 0; i < KERNELS; i++) {
      NdArray out = NdArray.zeros(device, DType.FP32, ELEMENTS);
      String name = "kernel_" + i;
      launches.add(
          KernelModule.of(name + ".py", HEADER + text(name, i))
              .kernel(name)
              .on(device)
              .args(x, y, out, COLUMNS - 1, COLUMNS));
    }
    return launches;
  }

  /** A row for each program; kernels differ in how they combine, in functions, in reductions. */
  private static String text(String name, int i) {
    List<String> combinations =
        List.of(
            "x + y", "x * y + 0.5", "x - 2.0 * y", "tl.maximum(x, y)", "tl.where(x > y, x, y * y)");
    List<String> functions =
        List.of("z", "tl.exp(z * 0.1)", "tl.sigmoid(z)", "tl.sqrt(tl.abs(z) + 1.0)");
    List<String> results = List.of("f * 0.5 + x", "f - tl.sum(tl.where(mask, f, 0.0), axis=0) / n");
    return String.join(
        "\n",
        Arrays.asList(
            "@triton.jit",
            "def " + name + "(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):",
            "    cols = tl.arange(0, BLOCK)",
            "    mask = cols < n",
            "    start = tl.program_id(0) * BLOCK",
            "    x = tl.load(x_ptr + start + cols, mask=mask, other=0.0)",
            "    y = tl.load(y_ptr + start + cols, mask=mask, other=0.0)",
            "    z = " + combinations.get(i % 5),
            "    f = " + functions.get(i / 5 % 4),
            "    tl.store(out_ptr + start + cols, " + results.get(i / 20) + ", mask=mask)",
            ""));
  }
}
