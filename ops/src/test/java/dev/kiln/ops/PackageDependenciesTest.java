package dev.kiln.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Which packages of the training runtime may use which: from tensors up to the command line, never
 * back, so that each can be read, and used, without those above it.
 */
class PackageDependenciesTest {
  private static final Path SOURCES = Path.of("src/main/java/dev/kiln");
  private static final Pattern NAME = Pattern.compile("\\bdev\\.kiln\\.(cli|ops(?:\\.[a-z]+)*)");
  private static final String COMMENT = "*";

  /** The command line is one, with all packages in it. */
  private static final String CLI = "cli";

  /** Those that know no tensors. */
  private static final List<String> PLAIN =
      List.of("ops.schedule", "ops.metric", "ops.page", "ops.report", "ops.data", "ops.text");

  /** What each may use beside itself. One may only use what stands above it here. */
  private static final Map<String, Set<String>> MAY_USE = mayUse();

  private static Map<String, Set<String>> mayUse() {
    var table = new LinkedHashMap<String, Set<String>>();
    table.put("ops.schedule", Set.of());
    table.put("ops.metric", Set.of());
    table.put("ops.page", Set.of());
    table.put("ops.report", Set.of("ops.metric", "ops.schedule", "ops.page"));
    table.put("ops.data", Set.of());
    table.put("ops.text", Set.of("ops.data"));
    table.put("ops.profile", Set.of());
    table.put("ops.profile.page", Set.of("ops.profile", "ops.page"));
    table.put("ops.classical", Set.of());
    table.put("ops.tensor", Set.of());
    table.put("ops.function", Set.of("ops.tensor"));
    table.put("ops.nn", Set.of("ops.tensor", "ops.function"));
    table.put("ops.nn.sequence", Set.of("ops.tensor", "ops.function", "ops.nn"));
    table.put("ops.checkpoint", Set.of("ops.tensor", "ops.nn"));
    table.put("ops.optim", Set.of("ops.tensor", "ops.checkpoint"));
    table.put("ops.pruning", Set.of("ops.tensor", "ops.checkpoint", "ops.optim"));
    // These join the others: anything above them.
    for (String joining :
        List.of("ops.model", "ops.train", "ops.train.recipe", "ops.reinforce", CLI)) {
      table.put(joining, new LinkedHashSet<>(table.keySet()));
    }
    return table;
  }

  @Test
  void everyPackageUsesWhatItMayAndNothingElse() throws IOException {
    Set<String> faults = new TreeSet<>();
    Set<String> seen = new TreeSet<>();
    for (Path file : sources()) {
      String own = packageOf(file);
      seen.add(own);
      Set<String> allowed = MAY_USE.getOrDefault(own, Set.of());
      for (String line : Files.readAllLines(file)) {
        for (String used : used(line)) {
          if (!used.equals(own) && !allowed.contains(used)) {
            faults.add(own + " uses " + used + " in " + file.getFileName());
          }
        }
      }
    }
    assertThat(faults).isEmpty();
    assertThat(seen).as("packages in the table").isEqualTo(new TreeSet<>(MAY_USE.keySet()));
  }

  @Test
  void noneUsesAnotherThatUsesIt() {
    Set<String> above = new LinkedHashSet<>();
    MAY_USE.forEach(
        (name, used) -> {
          assertThat(above).as("what stands above " + name).containsAll(used);
          above.add(name);
        });
  }

  @Test
  void dataSchedulesAndReportsKnowNoTensors() {
    for (String name : PLAIN) {
      assertThat(PLAIN).as(name).containsAll(MAY_USE.get(name));
    }
  }

  private static List<Path> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }

  private static String packageOf(Path file) {
    String own = SOURCES.relativize(file.getParent()).toString().replace(File.separator, ".");
    return own.startsWith(CLI) ? CLI : own;
  }

  /** Packages that a line of code names; comments may name any. */
  private static Set<String> used(String line) {
    String code = line.strip();
    Set<String> used = new TreeSet<>();
    if (!code.startsWith(COMMENT) && !code.startsWith("/")) {
      Matcher names = NAME.matcher(code);
      while (names.find()) {
        used.add(names.group(1));
      }
    }
    return used;
  }
}
