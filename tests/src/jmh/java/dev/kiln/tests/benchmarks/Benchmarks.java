package dev.kiln.tests.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Measures, and prints the table of {@code docs/benchmarks.md}: rows as they come to standard
 * error, the table in the end to standard output.
 *
 * <p>Argument: a regular expression; only the parts that it finds are measured: {@code compile},
 * {@code launch}, {@code matmul}, {@code elementwise}, {@code forty}, {@code sim}.
 */
public final class Benchmarks {
  private static final String EARLY = "5";
  private static final String STEADY = "31";
  private static final int SIM_JVMS = 3;
  private static final String SIM_SECONDS = "15";

  private final List<Row> rows = new ArrayList<>();

  private Benchmarks() {}

  /** Measures the parts whose names the first argument finds; all without one. */
  public static void main(String[] arguments) throws Exception {
    Locale.setDefault(Locale.ROOT);
    String parts = arguments.length == 0 ? "." : arguments[0];
    var benchmarks = new Benchmarks();
    for (String part : List.of("compile", "launch", "matmul", "elementwise", "forty", "sim")) {
      if (part.matches(".*(" + parts + ").*")) {
        benchmarks.measure(part);
      }
    }
    System.out.println(Row.HEADER);
    benchmarks.rows.forEach(System.out::println);
  }

  private void measure(String part) throws Exception {
    switch (part) {
      case "compile" -> compile();
      case "launch" -> launch();
      case "matmul" -> matmul();
      case "elementwise" -> elementwise();
      case "forty" -> forty();
      default -> simulator();
    }
  }

  private void add(String what, String goal, String result, Object... numbers) {
    var row = new Row(what, result.formatted(numbers), goal);
    rows.add(row);
    System.err.println(row);
  }

  private void compile() throws RunnerException {
    for (RunResult result : run(CompileBenchmark.class)) {
      var statistics = result.getPrimaryResult().getStatistics();
      add(
          "source to the end of the first launch, warm process: " + name(result),
          "median < 30 ms",
          "median %.1f ms, 9 of 10 below %.1f ms",
          statistics.getPercentile(50),
          statistics.getPercentile(90));
    }
  }

  private void launch() throws RunnerException {
    for (RunResult result : run(LaunchBenchmark.class)) {
      add(
          "launch of a compiled kernel over one program, all arguments set",
          "< 3,000 ns, 0 bytes",
          "%.0f ns, %.0f bytes allocated",
          result.getPrimaryResult().getScore(),
          Math.floor(result.getSecondaryResults().get("gc.alloc.rate.norm").getScore()));
    }
  }

  private void matmul() throws RunnerException {
    for (RunResult result : run(MatmulBenchmark.class)) {
      double size = Double.parseDouble(result.getParams().getParam("size"));
      String threads = result.getParams().getParam("threads");
      double kiln = medianOfIterations(result, "kilnMicros");
      double openBlas = medianOfIterations(result, "openBlasMicros");
      double flops = 2 * size * size * size;
      add(
          "fp32 product %.0f on %s thread%s against OpenBLAS"
              .formatted(size, threads, threads.equals("1") ? "" : "s"),
          size == 1024 && threads.equals("2") ? "ratio >= 0.6" : "",
          "ratio %.2f: %.2f ms (%.0f GFLOP/s), OpenBLAS %.2f ms (%.0f GFLOP/s)",
          openBlas / kiln,
          kiln / 1e3,
          flops / kiln / 1e3,
          openBlas / 1e3,
          flops / openBlas / 1e3);
    }
  }

  @SuppressWarnings("rawtypes") // JMH's own signatures
  private static double medianOfIterations(RunResult result, String counter) {
    double[] values =
        result.getBenchmarkResults().stream()
            .flatMap(forked -> forked.getIterationResults().stream())
            .map(IterationResult::getSecondaryResults)
            .mapToDouble(secondary -> secondary.get(counter).getScore())
            .sorted()
            .toArray();
    return values[values.length / 2];
  }

  private void elementwise() throws RunnerException {
    for (RunResult result : run(ElementwiseBenchmark.class)) {
      double ms = result.getPrimaryResult().getScore();
      switch (name(result)) {
        case "softmax" -> throughput("softmax 1024 x 4096, fp32", ms, 4L * 1024 * 1024, 8);
        case "geluTanh" -> throughput("GELU (tanh), 4 M numbers, fp32", ms, 4L << 20, 8);
        default -> throughput("AdamW, 16 M parameters, fp32", ms, 16L << 20, 28);
      }
    }
  }

  /** {@code bytes} that are read or written for each element. */
  private void throughput(String what, double ms, long elements, int bytes) {
    add(
        what,
        "",
        "%.2f ms, %.2f ns per element, %.1f GB/s",
        ms,
        ms * 1e6 / elements,
        elements * bytes / ms / 1e6);
  }

  private void forty() throws IOException, InterruptedException {
    step("with the launcher's flags", "<= 1.3", JvmFlags.LAUNCHER);
    step("without CompileThresholdScaling", "", JvmFlags.WITHOUT_THRESHOLD);
  }

  private void step(String flags, String goal, List<String> jvmFlags)
      throws IOException, InterruptedException {
    String output = inNewJvm(jvmFlags, FortyKernels.class, EARLY, STEADY);
    double[] times = output.lines().mapToDouble(Double::parseDouble).toArray();
    add(
        "step of 40 kernels 5 s after start against steady, " + flags,
        goal,
        "ratio %.2f: %.0f us, steady %.0f us",
        times[0] / times[1],
        times[0],
        times[1]);
  }

  /** What a program prints that is run in a JVM of its own. */
  private static String inNewJvm(List<String> jvmFlags, Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(program.getSimpleName() + " failed: " + output);
    }
    return output;
  }

  private void simulator() throws IOException, InterruptedException {
    for (SimKernel kernel : SimKernel.values()) {
      double[] plain = simulate(kernel, "none");
      String products =
          kernel.products() == 0 ? "" : ", %.2f M mma/s".formatted(plain[SimThroughput.PRODUCTS]);
      add(
          "simulated instructions of " + kernel.entry(),
          kernel.goal(),
          "%.0f M/s, best launches %.0f M/s%s; loaded after %.0f ms, first launch ended after %.0f"
              + " ms",
          plain[SimThroughput.MEDIAN],
          plain[SimThroughput.BEST],
          products,
          plain[SimThroughput.LOADED],
          plain[SimThroughput.FIRST]);
      watched(kernel, plain[SimThroughput.MEDIAN], "init", "memory and init", "<= 5 times slower");
      watched(kernel, plain[SimThroughput.MEDIAN], "all", "all four", "<= 20 times slower");
    }
  }

  private void watched(SimKernel kernel, double plain, String watch, String what, String goal)
      throws IOException, InterruptedException {
    double rate = simulate(kernel, watch)[SimThroughput.MEDIAN];
    add(
        "the same with sanitizers: " + what,
        goal,
        "%.1f M/s, %.1f times slower",
        rate,
        plain / rate);
  }

  /** Medians over several new JVMs. */
  private static double[] simulate(SimKernel kernel, String watch)
      throws IOException, InterruptedException {
    double[][] columns = new double[SimThroughput.COLUMNS][SIM_JVMS];
    for (int jvm = 0; jvm < SIM_JVMS; jvm++) {
      String line =
          inNewJvm(JvmFlags.LAUNCHER, SimThroughput.class, kernel.name(), watch, SIM_SECONDS);
      String[] numbers = line.strip().split(" ");
      for (int i = 0; i < columns.length; i++) {
        columns[i][jvm] = Double.parseDouble(numbers[i]);
      }
    }
    return Arrays.stream(columns)
        .mapToDouble(values -> Arrays.stream(values).sorted().toArray()[SIM_JVMS / 2])
        .toArray();
  }

  private static String name(RunResult result) {
    String benchmark = result.getParams().getBenchmark();
    return benchmark.substring(benchmark.lastIndexOf('.') + 1);
  }

  private static Collection<RunResult> run(Class<?> benchmark) throws RunnerException {
    var options =
        new OptionsBuilder()
            .include("\\b" + benchmark.getSimpleName() + "\\.")
            .forks(1)
            .timeout(TimeValue.minutes(3))
            .jvm(Path.of(System.getProperty("java.home"), "bin", "java").toString())
            .jvmArgs(JvmFlags.LAUNCHER.toArray(String[]::new))
            .addProfiler(GCProfiler.class)
            .verbosity(VerboseMode.NORMAL)
            .shouldFailOnError(true)
            .build();
    PrintStream out = System.out;
    System.setOut(System.err); // JMH tells its progress
    try {
      return new Runner(options).run();
    } finally {
      System.setOut(out);
    }
  }
}
