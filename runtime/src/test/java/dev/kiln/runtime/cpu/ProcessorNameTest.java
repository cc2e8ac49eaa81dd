package dev.kiln.runtime.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorNameTest {
  @TempDir Path folder;

  @Test
  void theFirstProcessorTellsItsName() throws IOException {
    Path file = folder.resolve("cpuinfo");
    Files.writeString(file, "processor\t: 0\nmodel name\t: Abacus 3000\nmodel name\t: other\n");
    assertThat(ProcessorName.of(file)).isEqualTo("Abacus 3000");
  }

  @Test
  void elseTheArchitectureIsTold() {
    assertThat(ProcessorName.of(folder.resolve("missing"))).isNotBlank();
  }
}
