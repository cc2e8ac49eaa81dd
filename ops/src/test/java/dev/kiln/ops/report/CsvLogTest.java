package dev.kiln.ops.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CsvLogTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("train.csv");
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(file);
  }

  @Test
  void rowsAreInTheFileAtOnce() throws IOException {
    try (CsvLog log = CsvLog.start(file, List.of("loss", "rate"))) {
      assertThat(lines()).containsExactly("step,loss,rate");
      log.row(1, Map.of("loss", 0.5, "rate", 1e-4));
      log.row(2, Map.of("loss", Double.NaN));
      assertThat(lines()).containsExactly("step,loss,rate", "1,0.5,1.0E-4", "2,NaN,");
    }
  }

  @Test
  void columnsThatComeUpLaterAreAdded() throws IOException {
    try (CsvLog log = CsvLog.start(file, List.of("loss"))) {
      log.row(1, Map.of("loss", 0.5));
      log.row(2, Map.of("scale", 2.0));
      log.row(3, Map.of("loss", 0.25, "scale", 1.0));
      assertThat(lines()).containsExactly("step,loss,scale", "1,0.5,", "2,,2.0", "3,0.25,1.0");
    }
  }

  @Test
  void resumeDropsLaterAndUnfinishedRows() throws IOException {
    try (CsvLog log = CsvLog.start(file, List.of("a,b", "c"))) {
      for (int step = 1; step <= 5; step++) {
        log.row(step, Map.of("a,b", step / 2.0, "c", 1.0));
      }
    }
    Files.writeString(file, "2", StandardOpenOption.APPEND);
    try (CsvLog log = CsvLog.resume(file, List.of("a,b", "d"), 3)) {
      assertThat(log.columns()).containsExactly("a,b", "c", "d");
      log.row(4, Map.of("d", 7.0));
    }
    assertThat(lines())
        .containsExactly("step,\"a,b\",c,d", "1,0.5,1.0,", "2,1.0,1.0,", "3,1.5,1.0,", "4,,,7.0");
  }

  @Test
  void resumeWithoutATableBeginsOne() throws IOException {
    CsvLog.resume(file, List.of("loss"), 3).close();
    assertThat(lines()).containsExactly("step,loss");
  }

  @Test
  void hostileNamesAreNoFormulasAndComeBack() throws IOException {
    List<String> names =
        List.of("=HYPERLINK(\"x\",\"y\")", "-1+2", "@a", "q\"\"q", "\"", "line\nend");
    CsvLog.start(file, names).close();
    assertThat(lines().getFirst())
        .isEqualTo(
            "step,\"'=HYPERLINK(\"\"x\"\",\"\"y\"\")\",'-1+2,'@a,\"q\"\"\"\"q\",\"\"\"\",line end");
    try (CsvLog log = CsvLog.resume(file, List.of(), 0)) {
      assertThat(log.columns().subList(0, 5)).isEqualTo(names.subList(0, 5));
    }
  }

  @Test
  void startReplacesAnOldTable() throws IOException {
    Files.writeString(file, "old");
    assertThatThrownBy(() -> CsvLog.resume(file, List.of(), 1))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("its first column is not `step`");
    CsvLog.start(file, List.of()).close();
    assertThat(lines()).containsExactly("step");
    assertThatThrownBy(() -> CsvLog.start(file.resolve("x"), List.of()))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("cannot write");
  }
}
