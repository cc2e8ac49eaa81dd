package dev.kiln.tests.sim.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.Site;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs each file of {@code resources/faults/SANITIZER} under its folder's sanitizer and under all.
 * A file {@code name.ptx} has a fault; {@code name-fixed.ptx} has none. Comments in the file say
 * what to do:
 *
 * <pre>{@code
 * // launch: grid 2 block 64,2 shared 1024 cluster 2 args zeros:fp32:64 i32:64
 * // launch: entry second block 32
 * ld.global.f32 %f1, [%rd1]; // expect: fault "4 bytes after buffer 1"
 * ld.shared.f32 %f1, [%r1];  // expect: race "without a barrier"
 * st.shared.f32 [%r1], %f1;  // other
 * // expect: fault "deadlock"
 * }</pre>
 *
 * <p>{@code launch} lines run in their order; grid and block are 1 where they say nothing, and the
 * entry the first one. Arguments are described at {@link LaunchLine}. {@code expect} names a
 * sanitizer for a finding, or {@code fault} for a launch that stops, and a part of its text (the
 * finding's sentence, or the fault's message). The instruction is that of the comment's line; a
 * comment alone on its line expects no line in particular. {@code other} marks the line of the
 * other access; if some line has that mark, the other accesses of all findings lie on such lines,
 * and each mark is met. What another sanitizer finds as well is expected of a run with all. Nothing
 * else may be found, and nothing at all in a text without {@code expect}.
 */
class PlantedFaultsTest {
  private static final ExecutorOptions EXECUTOR =
      ExecutorOptions.standard()
          .withThreads(1)
          .withMaxIdlePolls(4096)
          .withLimits(0, TimeUnit.SECONDS.toNanos(60));

  private static final String FIXED = "-fixed.ptx";
  private static final int SEEDS = 3;

  @TestFactory
  Stream<DynamicTest> faultsAreFoundAndTwinsAreClean() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Sanitizer sanitizer : Sanitizer.values()) {
      for (Path file : files(sanitizer)) {
        String name = sanitizer.label() + "/" + file.getFileName();
        tests.add(DynamicTest.dynamicTest(name + " alone", () -> run(file, EnumSet.of(sanitizer))));
        tests.add(
            DynamicTest.dynamicTest(
                name + " with all", () -> run(file, EnumSet.allOf(Sanitizer.class))));
        if (name.endsWith(FIXED)) {
          tests.add(DynamicTest.dynamicTest(name + " shuffled", () -> runShuffled(file)));
        }
      }
    }
    return tests.stream();
  }

  @Test
  void eachFaultHasACorrectedTwin() throws IOException {
    for (Sanitizer sanitizer : Sanitizer.values()) {
      Set<String> names = new TreeSet<>();
      files(sanitizer).forEach(file -> names.add(file.getFileName().toString()));
      for (String name : names) {
        String stem = name.replace(FIXED, "").replace(".ptx", "");
        assertThat(names).contains(stem + ".ptx", stem + FIXED);
        PlantedFault text = PlantedFault.read(directory(sanitizer).resolve(name));
        assertThat(text.expected().isEmpty()).as(name).isEqualTo(name.endsWith(FIXED));
      }
    }
  }

  private static Path directory(Sanitizer sanitizer) {
    String folder = "/faults/" + sanitizer.label();
    var url = PlantedFaultsTest.class.getResource(folder);
    try {
      return url == null ? null : Path.of(new URI(url.toString()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<Path> files(Sanitizer sanitizer) throws IOException {
    Path directory = directory(sanitizer);
    if (directory == null) {
      return List.of();
    }
    try (Stream<Path> all = Files.list(directory)) {
      return all.filter(file -> file.toString().endsWith(".ptx")).sorted().toList();
    }
  }

  /** A correct kernel is clean in whatever order its warps run. */
  private static void runShuffled(Path file) throws IOException {
    for (long seed = 1; seed <= SEEDS; seed++) {
      run(file, EnumSet.allOf(Sanitizer.class), EXECUTOR.withSeed(seed));
    }
  }

  private static void run(Path file, Set<Sanitizer> sanitizers) throws IOException {
    run(file, sanitizers, EXECUTOR);
  }

  private static void run(Path file, Set<Sanitizer> sanitizers, ExecutorOptions executor)
      throws IOException {
    PlantedFault text = PlantedFault.read(file);
    List<Found> found = new ArrayList<>();
    SimOptions options =
        SimOptions.standard()
            .withExecutor(executor)
            .withStack(4096)
            .withOutput(line -> {})
            .withSanitizers(sanitizers);
    try {
      text.launchAll(options, report -> add(found, report.findings()));
    } catch (SimFault fault) {
      fault.report().ifPresent(report -> add(found, report.findings()));
      found.add(Found.of(fault));
    }
    compare(text, sanitizers, found);
  }

  private static void add(List<Found> found, Findings findings) {
    findings.all().forEach(counted -> found.add(Found.of(counted.finding())));
  }

  private static void compare(PlantedFault text, Set<Sanitizer> sanitizers, List<Found> found) {
    List<Found> left = new ArrayList<>(found);
    for (PlantedFault.Expectation expectation : text.expected()) {
      if (!expectation.concerns(sanitizers)) {
        continue;
      }
      Found match = left.stream().filter(f -> f.meets(expectation)).findFirst().orElse(null);
      assertThat(match).as("%s in %s", expectation, found).isNotNull();
      left.remove(match);
    }
    assertThat(left).as("findings that nobody expected").isEmpty();
    if (!text.others().isEmpty()) {
      Set<Integer> lines = new TreeSet<>();
      found.stream().filter(f -> f.other != 0).forEach(f -> lines.add(f.other));
      assertThat(lines).as("lines of the other accesses").isEqualTo(text.others());
    }
  }

  /**
   * A finding or a fault.
   *
   * @param line in the text, 0 for none
   * @param other the other access's line, 0 for none
   */
  private record Found(String kind, String what, int line, int other) {
    static Found of(Finding finding) {
      int other = finding.other().map(place -> place.site().line()).orElse(0);
      String kind = finding.sanitizer().name().toLowerCase(Locale.ROOT);
      return new Found(kind, finding.what(), finding.where().site().line(), other);
    }

    static Found of(SimFault fault) {
      int line = fault.place().flatMap(SimFault.Place::site).map(Site::line).orElse(0);
      return new Found("fault", fault.getMessage(), line, 0);
    }

    boolean meets(PlantedFault.Expectation expectation) {
      return kind.equals(expectation.kind())
          && what.contains(expectation.text())
          && (expectation.line() == 0 || expectation.line() == line);
    }
  }
}
