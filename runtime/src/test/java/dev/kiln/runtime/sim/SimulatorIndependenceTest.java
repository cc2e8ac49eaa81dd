package dev.kiln.runtime.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The simulator proves what the compiler generates, so it must not share its ideas: nothing but the
 * text of PTX passes between them.
 */
class SimulatorIndependenceTest {
  private static final Path SIMULATOR = Path.of("src/main/java/dev/kiln/runtime/sim");
  private static final Pattern GENERATOR =
      Pattern.compile("^import (static )?dev\\.kiln\\.compiler\\.(gpu|ptx|layout)\\b");

  /** They ask the compiler for PTX and for how to launch it. */
  private static final Set<String> DEVICE = Set.of("SimDevice.java", "CompiledPtx.java");

  @Test
  void nothingThatRunsPtxKnowsTheGenerator() throws IOException {
    List<String> importers = new ArrayList<>();
    int read = 0;
    try (Stream<Path> files = Files.walk(SIMULATOR)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
        read++;
        if (!DEVICE.contains(file.getFileName().toString())
            && Files.readAllLines(file).stream().anyMatch(GENERATOR.asPredicate())) {
          importers.add(file.toString());
        }
      }
    }
    assertThat(read).isGreaterThan(100);
    assertThat(importers).isEmpty();
  }
}
