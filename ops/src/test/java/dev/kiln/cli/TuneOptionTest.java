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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TuneOptionTest {
  private static final String KERNELS =
      """
      import triton
      import triton.language as tl


      @triton.autotune(
          configs=[triton.Config({"BLOCK": 16}, num_warps=1), triton.Config({"BLOCK": 64})],
          key=["n"], warmup=1, rep=1)
      @triton.jit
      def add_one(x_ptr, n, BLOCK: tl.constexpr):
          at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
          tl.store(x_ptr + at, tl.load(x_ptr + at, mask=at < n) + 1, mask=at < n)


      @triton.jit
      def plain(x_ptr):
          tl.store(x_ptr, 1.0)
      """;

  @TempDir private Path folder;
  private Path file;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeKernels() throws IOException {
    file = folder.resolve("tuned.py");
    Files.writeString(file, KERNELS);
  }

  private int run(String mode, String... more) {
    List<String> line = new ArrayList<>();
    line.addAll(List.of("run", file + ":add_one", "--grid", "(triton.cdiv(n, BLOCK),)"));
    line.addAll(List.of("--arg", "x_ptr=zeros:fp32:100", "--arg", "n=100", "--tune", mode));
    line.addAll(List.of(more));
    return kiln(line.toArray(String[]::new));
  }

  private int kiln(String... line) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return KilnCommand.execute(line, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  @Test
  void aTableTellsTheConfigurationsAndTheChosenOne() {
    assertThat(run("measure")).as(err.toString()).isZero();
    assertThat(out.toString()).contains("x_ptr = fp32[100] {1, 1, 1, 1,");
    assertThat(err.toString().lines())
        .hasSize(2)
        .allMatch(line -> line.endsWith("now") || line.endsWith("kept"))
        .filteredOn(line -> line.startsWith("* Config({'BLOCK': "))
        .hasSize(1);
  }

  @Test
  void jsonTellsTheSame() throws IOException {
    assertThat(run("estimate:h100", "--json")).as(err.toString()).isZero();
    JsonNode tuning = new ObjectMapper().readTree(out.toString()).get("tuning");
    assertThat(tuning.get("mode").asText()).isEqualTo("estimate:h100");
    assertThat(tuning.get("chosen").asText()).startsWith("Config({'BLOCK': ");
    assertThat(tuning.get("configurations")).hasSize(2);
    JsonNode first = tuning.get("configurations").get(0);
    assertThat(first.get("configuration").asText()).isEqualTo("Config({'BLOCK': 16}, num_warps=1)");
    assertThat(first.get("microseconds").asDouble()).isPositive();
  }

  @Test
  void theFirstIsToldAlone() {
    assertThat(run("first")).isZero();
    assertThat(err.toString().strip()).isEqualTo("* Config({'BLOCK': 16}, num_warps=1)");
  }

  @Test
  void aKernelWithoutConfigurationsSaysSo() {
    int code =
        kiln(
            "run", file + ":plain", "--grid", "1", "--arg", "x_ptr=zeros:fp32:1", "--tune", "disk");
    assertThat(code).isZero();
    assertThat(err.toString().strip()).isEqualTo("kiln: 'plain' has no configurations");
  }

  @Test
  void anUnknownModeIsAWrongCommandLine() {
    assertThat(run("fastest")).isEqualTo(2);
    assertThat(err.toString().strip())
        .isEqualTo(
            "kiln: --tune: there is no tuning mode 'fastest'; there are first, disk, measure and"
                + " estimate:GPU");
  }
}
