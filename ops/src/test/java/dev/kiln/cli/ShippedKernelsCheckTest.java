package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code kiln check} guesses arguments for which every kernel of this project is well formed. */
class ShippedKernelsCheckTest {
  private static final Path KERNELS = Path.of("../kernels/src/main/resources/dev/kiln/kernels");

  @Test
  void everyKernelIsWellFormed() throws IOException {
    List<String> words = new ArrayList<>(List.of("check", "--json"));
    try (Stream<Path> files = Files.list(KERNELS)) {
      files.map(Path::toString).filter(it -> it.endsWith(".py")).sorted().forEach(words::add);
    }
    var out = new StringWriter();
    int status =
        KilnCommand.execute(
            words.toArray(String[]::new),
            new PrintWriter(out, true),
            new PrintWriter(new StringWriter()));
    List<String> faults = new ArrayList<>();
    for (JsonNode entry : new ObjectMapper().readTree(out.toString())) {
      boolean isFile = entry.get("kernel").asText().isEmpty();
      if (!isFile && !entry.get("verdict").asText().equals("ok")) {
        faults.add(entry.get("kernel").asText() + ": " + entry.get("message").asText());
      }
    }
    assertThat(faults).isEmpty();
    assertThat(status).isZero();
  }
}
