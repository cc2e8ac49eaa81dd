package dev.kiln.tests.benchmarks;

import dev.kiln.runtime.sim.PtxKernel;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;

/**
 * Runs one kernel of the simulator again and again on one host thread, in a JVM of its own, and
 * prints, in a line: milliseconds from the start of {@code main} until the kernel was loaded, and
 * to the end of the first launch; millions of warp instructions a second, median and best of the
 * launches of the last third of the time; the same median of {@code mma} instructions. Rates count
 * the thread's processor time, which does not hang on what else the machine does as much as wall
 * time.
 */
final class SimThroughput {
  // Columns of the line.
  static final int LOADED = 0;
  static final int FIRST = 1;
  static final int MEDIAN = 2;
  static final int BEST = 3;
  static final int PRODUCTS = 4;
  static final int COLUMNS = 5;

  private static final double MILLION = 1e6;

  private SimThroughput() {}

  /** Arguments: kernel, what watches ({@code none}, {@code init}, {@code all}), seconds. */
  public static void main(String[] arguments) throws Exception {
    long start = System.nanoTime();
    SimKernel which = SimKernel.valueOf(arguments[0].toUpperCase(Locale.ROOT));
    double seconds = Double.parseDouble(arguments[2]);
    SimDevice device = new SimDevice(options(arguments[1]));
    PtxKernel kernel = which.load(device);
    Object[] values = which.arguments(device);
    double loaded = (System.nanoTime() - start) / MILLION;
    kernel.launch(which.shape(), values);
    double first = (System.nanoTime() - start) / MILLION;
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    double[] rates = new double[1 << 16];
    int count = 0;
    SimReport report = null;
    while (count == 0 || System.nanoTime() - start < seconds * 1e9 && count < rates.length) {
      long before = threads.getCurrentThreadCpuTime();
      report = kernel.launch(which.shape(), values);
      double time = threads.getCurrentThreadCpuTime() - before;
      rates[count++] = report.warpInstructions() * 1e3 / time;
    }
    double[] last = Arrays.copyOfRange(rates, count * 2 / 3, count);
    Arrays.sort(last);
    double median = last[last.length / 2];
    System.out.printf(
        Locale.ROOT,
        "%.0f %.0f %.2f %.2f %.3f%n",
        loaded,
        first,
        median,
        last[last.length - 1],
        median * which.products() / report.warpInstructions());
  }

  private static SimOptions options(String watch) {
    SimOptions plain =
        SimOptions.standard().withExecutor(ExecutorOptions.standard().withThreads(1));
    return switch (watch) {
      case "none" -> plain;
      case "init" -> plain.withSanitizers(EnumSet.of(Sanitizer.MEMORY, Sanitizer.INIT));
      case "all" -> plain.withSanitizers(EnumSet.allOf(Sanitizer.class));
      default -> throw new IllegalArgumentException("nothing watches as '" + watch + "'");
    };
  }
}
