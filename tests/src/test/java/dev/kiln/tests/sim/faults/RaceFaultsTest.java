package dev.kiln.tests.sim.faults;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Runs the texts of {@link PlantedFaultsTest} with a race under schedules that shuffle warps: the
 * same two lines race, in whatever order they run, and twins are clean. Where the race is for an
 * mbarrier's first value, a launch may stop instead.
 */
class RaceFaultsTest {
  private static final int SCHEDULES = 4;

  @TestFactory
  Stream<DynamicTest> racesAreFoundUnderAnySchedule() throws IOException, URISyntaxException {
    Path directory = Path.of(RaceFaultsTest.class.getResource("/faults/race").toURI());
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList().stream()
          .map(
              file -> DynamicTest.dynamicTest(file.getFileName().toString(), () -> shuffled(file)));
    }
  }

  private static void shuffled(Path file) throws IOException {
    PlantedFault text = PlantedFault.read(file);
    Set<Integer> marked = new TreeSet<>(text.others());
    text.expected().forEach(expected -> marked.add(expected.line()));
    for (int seed = 1; seed <= SCHEDULES; seed++) {
      List<Finding> found;
      try {
        found = run(text, seed);
      } catch (SimFault fault) {
        assertThat(text.expected()).as("seed %d: %s", seed, fault).isNotEmpty();
        continue;
      }
      Set<Integer> lines = new TreeSet<>();
      found.forEach(
          finding -> {
            lines.add(finding.where().site().line());
            lines.add(finding.other().orElseThrow().site().line());
          });
      assertThat(lines).as("seed %d: %s", seed, found).isEqualTo(marked);
      assertThat(found).hasSize(text.expected().size());
    }
  }

  private static List<Finding> run(PlantedFault text, int seed) {
    ExecutorOptions executor =
        ExecutorOptions.standard().withThreads(1).withSeed(seed).withMaxIdlePolls(100_000);
    SimOptions options =
        SimOptions.standard().withExecutor(executor).withSanitizers(EnumSet.of(Sanitizer.RACE));
    List<Finding> found = new ArrayList<>();
    text.launchAll(
        options,
        report ->
            report.findings().all().stream().map(Findings.Counted::finding).forEach(found::add));
    return found;
  }
}
