package dev.kiln.tests.benchmarks;

import dev.kiln.tests.benchmarks.peer.PeerMeasurement;
import dev.kiln.tests.benchmarks.peer.PeerMemory;
import dev.kiln.tests.benchmarks.peer.PeerRow;
import dev.kiln.tests.benchmarks.peer.PeerRows;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openjdk.jmh.profile.GCProfiler;
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
 * <p>Arguments: a regular expression; only the parts that it finds are measured: {@code compile},
 * {@code start}, {@code launch}, {@code forty}, {@code sim}, and the names of {@link PeerRows},
 * such as {@code torch-softmax}. Then the name of a file that receives the table as JSON, or
 * nothing.
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
    Pattern parts = Pattern.compile(arguments.length == 0 ? "." : arguments[0]);
    var benchmarks = new Benchmarks();
    benchmarks.measure(parts);
    System.out.println(Row.HEADER);
    benchmarks.rows.forEach(System.out::println);
    if (arguments.length > 1 && !arguments[1].isEmpty()) {
      String json = benchmarks.rows.stream().map(Row::json).collect(Collectors.joining(",\n  "));
      Files.writeString(Path.of(arguments[1]), "[\n  " + json + "\n]\n");
    }
  }

  private void measure(Pattern parts) throws Exception {
    for (String part : List.of("compile", "start", "launch", "forty", "sim")) {
      if (parts.matcher(part).find()) {
        measure(part);
      }
    }
    for (PeerRow row : PeerRows.all()) {
      if (parts.matcher(row.name()).find()) {
        peer(row);
      }
    }
  }

  private void measure(String part) throws Exception {
    switch (part) {
      case "compile" -> compile();
      case "start" -> start();
      case "launch" -> launch();
      case "forty" -> forty();
      default -> simulator();
    }
  }

  private void add(
      String name, String what, Goal goal, double value, String result, Object... numbers) {
    var row = new Row(name, what, result.formatted(numbers), value, goal);
    rows.add(row);
    System.err.println(row);
  }

  private void compile() throws Exception {
    for (RunResult result : run(CompileBenchmark.class)) {
      var statistics = result.getPrimaryResult().getStatistics();
      add(
          "compile",
          "source to the end of the first launch, warm process: " + name(result),
          Goal.atMost(30, " ms"),
          statistics.getPercentile(50),
          "median %.1f ms, 9 of 10 below %.1f ms",
          statistics.getPercentile(50),
          statistics.getPercentile(90));
    }
  }

  private void start() throws IOException {
    Path folder = Files.createTempDirectory("kiln-start");
    var starts = new ColdStarts(folder);
    double compiling = starts.compiling();
    start("", Goal.NONE, starts.cached(List.of()), compiling);
    start(", classes archived", Goal.atMost(20, " ms"), starts.cached(starts.archive()), compiling);
  }

  private void start(String how, Goal goal, ColdStarts.Medians medians, double compiling) {
    add(
        "start",
        "own time until a cached kernel is ready to run, new process" + how,
        goal,
        medians.readyWork(),
        "median %.1f ms, until the end of the first launch %.1f ms; by the clock %.1f and %.1f ms,"
            + " without a cache %.0f ms",
        medians.readyWork(),
        medians.endedWork(),
        medians.ready(),
        medians.ended(),
        compiling);
  }

  private void launch() throws Exception {
    launch(
        LaunchBenchmark.class,
        "launch of a compiled kernel over one program, all arguments set",
        3000);
    launch(
        CudaLaunchBenchmark.class,
        "the same on a GPU, with a driver that does nothing: Kiln's own part",
        1000);
  }

  private void launch(Class<?> benchmark, String what, int most) throws Exception {
    for (RunResult result : run(benchmark)) {
      double nanos = result.getPrimaryResult().getScore();
      double bytes = Math.floor(result.getSecondaryResults().get("gc.alloc.rate.norm").getScore());
      add("launch", what, Goal.atMost(most, " ns"), nanos, "%.0f ns", nanos);
      add("launch", "the same: bytes that it allocates", Goal.atMost(0, ""), bytes, "%.0f", bytes);
    }
  }

  private void peer(PeerRow row) throws Exception {
    Goal goal = row.goal() == 0 ? Goal.NONE : Goal.atLeast(row.goal(), "");
    PeerMeasurement measured;
    try {
      measured = quietly(() -> PeerMeasurement.of(row, JvmFlags.WITH_LIBTORCH));
    } catch (RunnerException e) {
      add(row.name(), row.what(), goal, Double.NaN, "failed: %s", reason(e));
      return;
    }
    add(
        row.name(),
        row.what(),
        goal,
        measured.ratio(),
        "ratio %.2f: %.3f ms, peer %.3f ms; fastest tenths %.2f: %.3f ms, %.3f ms%s",
        measured.ratio(),
        measured.kilnMicros() / 1e3,
        measured.peerMicros() / 1e3,
        measured.bestRatio(),
        measured.kilnBestMicros() / 1e3,
        measured.peerBestMicros() / 1e3,
        row.memory() ? memory(row) : "");
  }

  private static String memory(PeerRow row) throws IOException, InterruptedException {
    String[] bytes =
        inNewJvm(PeerMemory.ENVIRONMENT, JvmFlags.WITH_LIBTORCH, PeerMemory.class, row.name())
            .strip()
            .split(" ");
    return "; memory %.0f MB, peer %.0f MB"
        .formatted(Long.parseLong(bytes[0]) / 1e6, Long.parseLong(bytes[1]) / 1e6);
  }

  /** What the measured JVM threw, which JMH hides below its own exceptions. */
  private static String reason(Throwable thrown) {
    Throwable innermost = thrown;
    while (true) {
      if (innermost.getCause() != null) {
        innermost = innermost.getCause();
      } else if (innermost.getSuppressed().length > 0) {
        innermost = innermost.getSuppressed()[0];
      } else {
        return innermost.toString();
      }
    }
  }

  private void forty() throws IOException, InterruptedException {
    step("with the launcher's flags", Goal.atMost(1.3, ""), JvmFlags.LAUNCHER);
    step("without CompileThresholdScaling", Goal.NONE, JvmFlags.WITHOUT_THRESHOLD);
  }

  private void step(String flags, Goal goal, List<String> jvmFlags)
      throws IOException, InterruptedException {
    String output = inNewJvm(Map.of(), jvmFlags, FortyKernels.class, EARLY, STEADY);
    double[] times = output.lines().mapToDouble(Double::parseDouble).toArray();
    add(
        "forty",
        "step of 40 kernels 5 s after start against steady, " + flags,
        goal,
        times[0] / times[1],
        "ratio %.2f: %.0f us, steady %.0f us",
        times[0] / times[1],
        times[0],
        times[1]);
  }

  /** What a program prints that is run in a JVM of its own. */
  private static String inNewJvm(
      Map<String, String> environment, List<String> jvmFlags, Class<?> program, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmFlags);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    Process process = builder.start();
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
          "sim",
          "simulated instructions of " + kernel.entry(),
          kernel.goal(),
          plain[kernel.products() == 0 ? SimThroughput.MEDIAN : SimThroughput.PRODUCTS],
          "%.0f M/s, best launches %.0f M/s%s; loaded after %.0f ms, first launch ended after %.0f"
              + " ms",
          plain[SimThroughput.MEDIAN],
          plain[SimThroughput.BEST],
          products,
          plain[SimThroughput.LOADED],
          plain[SimThroughput.FIRST]);
      watched(
          kernel, plain[SimThroughput.MEDIAN], "init", "memory and init", Goal.atMost(5, " times"));
      watched(kernel, plain[SimThroughput.MEDIAN], "all", "all four", Goal.atMost(20, " times"));
    }
  }

  private void watched(SimKernel kernel, double plain, String watch, String what, Goal goal)
      throws IOException, InterruptedException {
    double rate = simulate(kernel, watch)[SimThroughput.MEDIAN];
    add(
        "sim",
        "the same with sanitizers: " + what,
        goal,
        plain / rate,
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
          inNewJvm(
              Map.of(), JvmFlags.LAUNCHER, SimThroughput.class, kernel.name(), watch, SIM_SECONDS);
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

  private static Collection<RunResult> run(Class<?> benchmark) throws Exception {
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
    return quietly(() -> new Runner(options).run());
  }

  /** JMH tells its progress to standard output, which is for the table. */
  private static <T> T quietly(Callable<T> measurement) throws Exception {
    PrintStream out = System.out;
    System.setOut(System.err);
    try {
      return measurement.call();
    } finally {
      System.setOut(out);
    }
  }
}
