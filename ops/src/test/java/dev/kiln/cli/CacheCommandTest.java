package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.runtime.cache.CacheSettings;
import dev.kiln.runtime.cache.CompileCache;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("one cache for each process")
class CacheCommandTest {
  @TempDir private Path folder;
  private Path place;
  private CompileCache before;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void useOwnCache() {
    place = folder.resolve("cache");
    before = share(CacheSettings.in(place.toFile(), 1 << 20));
  }

  @AfterEach
  void giveBack() {
    CompileCache.share(before);
  }

  private static CompileCache share(CacheSettings settings) {
    return CompileCache.share(new CompileCache(settings, warning -> {}));
  }

  private int kiln(Object... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    String[] line = java.util.Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    return KilnCommand.execute(line, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private void runKernel() throws IOException {
    Path file = folder.resolve("fill.py");
    Files.writeString(
        file,
        """
        import triton
        import triton.language as tl

        @triton.jit
        def fill(x_ptr):
            tl.store(x_ptr, 1.0)
        """);
    assertThat(
            kiln(
                "run",
                file + ":fill",
                "--device",
                "cpu",
                "--grid",
                1,
                "--arg",
                "x_ptr=zeros:fp32:4"))
        .as("%s", err)
        .isZero();
  }

  @Test
  void listsWhatWasCompiled() throws IOException {
    assertThat(kiln("cache")).isZero();
    assertThat(out).hasToString(place + ": 0 entries, 0.0 KiB of 1.0 MiB" + System.lineSeparator());
    runKernel();
    assertThat(kiln("cache", "list")).isZero();
    assertThat(out.toString())
        .startsWith(place + ": 3 entries, ")
        .containsPattern(
            "kernel +\\d+\\.\\d KiB  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d  cpu \\d+ +fill")
        .containsPattern("module .*file .*fill\\.py");
  }

  @Test
  void listsAsJson() throws IOException {
    runKernel();
    assertThat(kiln("cache", "list", "--json")).isZero();
    JsonNode document = new ObjectMapper().readTree(out.toString());
    assertThat(document.get("path").asText()).isEqualTo(place.toString());
    assertThat(document.get("limit").asLong()).isEqualTo(1 << 20);
    assertThat(document.get("entries")).hasSize(3);
    for (JsonNode entry : document.get("entries")) {
      assertThat(entry.get("bytes").asLong()).isPositive();
      assertThat(place.resolve(entry.get("file").asText())).hasSize(entry.get("bytes").asLong());
      assertThat(java.time.Instant.parse(entry.get("lastUse").asText())).isNotNull();
      assertThat(entry.get("kind").asText()).isIn("kernel", "starter", "module");
    }
  }

  @Test
  void clearsAndTellsThePath() throws IOException {
    runKernel();
    assertThat(kiln("cache", "clear")).isZero();
    assertThat(out).hasToString("removed 3 entries from " + place + System.lineSeparator());
    assertThat(place).doesNotExist();
    assertThat(kiln("cache", "path")).isZero();
    assertThat(out).hasToString(place + System.lineSeparator());
    runKernel();
    assertThat(kiln("cache", "clear", "--json")).isZero();
    assertThat(new ObjectMapper().readTree(out.toString()).get("removed").asInt()).isEqualTo(3);
  }

  @Test
  void damagedFilesAreNotListedAndAreRemoved() throws IOException {
    Files.createDirectories(place);
    Files.writeString(place.resolve("kernel-1.kiln"), "no entry");
    Files.write(place.resolve("module-2.kiln"), new byte[0]);
    assertThat(kiln("cache", "list")).isZero();
    assertThat(out.toString()).startsWith(place + ": 0 entries, ");
    assertThat(kiln("cache", "clear")).isZero();
    assertThat(out).hasToString("removed 2 entries from " + place + System.lineSeparator());
    assertThat(place).doesNotExist();
  }

  @Test
  void saysThatItIsOff() {
    share(CacheSettings.off("turned off by KILN_CACHE"));
    assertThat(kiln("cache", "list")).isEqualTo(1);
    assertThat(err)
        .hasToString(
            "kiln: the compile cache is off: turned off by KILN_CACHE" + System.lineSeparator());
    assertThat(kiln("doctor")).isZero();
    assertThat(out.toString()).contains("turned off by KILN_CACHE");
  }

  @Test
  void knowsNoOtherActions() {
    assertThat(kiln("cache", "burn")).isEqualTo(2);
  }
}
