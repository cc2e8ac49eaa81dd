package dev.kiln.tests.benchmarks.peer;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Times of a row, in microseconds: medians, and of the fastest tenths, which other programs on the
 * machine disturb less.
 */
public record PeerMeasurement(
    double kilnMicros, double peerMicros, double kilnBestMicros, double peerBestMicros) {
  /** libtorch allocates its results: as well as in a process whose main thread calls it. */
  private static final Map<String, String> ENVIRONMENT = Map.of("MALLOC_ARENA_MAX", "1");

  /** Measures the row in a JVM of its own. */
  public static PeerMeasurement of(PeerRow row, List<String> jvmFlags)
      throws RunnerException, IOException {
    Path java = java(row.environment());
    try {
      var options =
          new OptionsBuilder()
              .include("\\b" + PeerBenchmark.class.getSimpleName() + "\\.")
              .param("row", row.name())
              .forks(1)
              .timeout(TimeValue.minutes(5))
              .jvm(java.toString())
              .jvmArgs(jvmFlags.toArray(String[]::new))
              .shouldFailOnError(true)
              .build();
      RunResult result = new Runner(options).run().iterator().next();
      return new PeerMeasurement(
          quantile(result, "kilnMicros", 0.5),
          quantile(result, "peerMicros", 0.5),
          quantile(result, "kilnBestMicros", 0),
          quantile(result, "peerBestMicros", 0));
    } finally {
      Files.delete(java);
    }
  }

  /** A command that is like {@code java}, but for environment variables, which JMH cannot set. */
  private static Path java(Map<String, String> environment) throws IOException {
    var text = new StringBuilder("#!/bin/sh\n");
    ENVIRONMENT.forEach((name, value) -> text.append("export %s=%s%n".formatted(name, value)));
    environment.forEach((name, value) -> text.append("export %s=%s%n".formatted(name, value)));
    text.append("exec '%s/bin/java' \"$@\"%n".formatted(System.getProperty("java.home")));
    Path script = Files.createTempFile("java", ".sh");
    Files.writeString(script, text);
    if (!script.toFile().setExecutable(true)) {
      throw new IOException("cannot make " + script + " executable");
    }
    return script;
  }

  /** The peer's time by Kiln's: above 1 Kiln is faster. */
  public double ratio() {
    return peerMicros / kilnMicros;
  }

  public double bestRatio() {
    return peerBestMicros / kilnBestMicros;
  }

  @SuppressWarnings("rawtypes") // JMH's own signatures
  private static double quantile(RunResult result, String counter, double part) {
    double[] values =
        result.getBenchmarkResults().stream()
            .flatMap(forked -> forked.getIterationResults().stream())
            .map(IterationResult::getSecondaryResults)
            .mapToDouble(secondary -> secondary.get(counter).getScore())
            .sorted()
            .toArray();
    return values[(int) (part * values.length)];
  }
}
