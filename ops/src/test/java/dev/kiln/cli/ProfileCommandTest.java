package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProfileCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir private Path folder;

  private int profile(String line) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return KilnCommand.execute(
        ("profile " + line).split(" "), new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(out.toString());
  }

  @Test
  void softmaxIsProfiledOnTheProcessor() throws IOException {
    assertThat(profile("softmax --quick --shapes 64x128 --json")).as(err.toString()).isZero();
    JsonNode row = json().get("rows").get(0);
    assertThat(json().get("roofline").get("source").asText()).startsWith("measured");
    assertThat(row.get("shape").asText()).isEqualTo("64x128");
    assertThat(row.get("time").get("median").asDouble()).isPositive();
    assertThat(row.get("gigabytesPerSecond").asDouble()).isPositive();
    assertThat(row.get("roofline").get("share").asDouble()).isPositive();
    assertThat(row.get("references").get(0).get("ratio").asDouble()).isPositive();
    assertThat(row.get("check").get("right").asBoolean()).isTrue();
    assertThat(err.toString()).contains("softmax 64x128 fp32 (1 of 1)");
  }

  @Test
  void softmaxIsProfiledInTheSimulator() throws IOException {
    assertThat(profile("softmax --quick --device sim --gpu rtx4090 --json")).isZero();
    assertThat(json().get("gpus").toString()).isEqualTo("[\"rtx4090\"]");
    JsonNode kernel = json().get("rows").get(0).get("kernels").get(0);
    assertThat(kernel.get("target").asText()).isEqualTo("sm_89");
    assertThat(kernel.get("counters").get("total").get("executions").asLong()).isPositive();
    assertThat(kernel.get("estimates").get(0).get("seconds").asDouble()).isPositive();
  }

  @Test
  void aTableHasARowForEachDtypeAndTarget() {
    assertThat(profile("relu --device sim --dtype fp32,bf16 --no-check")).isZero();
    assertThat(out.toString().lines().filter(line -> line.startsWith("relu"))).hasSize(4);
    assertThat(out.toString()).contains("operation", "sectors", "a100", "h100", "bf16", "sm_90a");
  }

  @Test
  void aPageIsWritten() {
    Path page = folder.resolve("pages/profile.html");
    assertThat(profile("relu --quick --device sim --html " + page)).as(err.toString()).isZero();
    assertThat(page).content().contains("<html", "relu");
  }

  @Test
  void callsAreRecorded() throws IOException {
    Path trace = folder.resolve("trace.json");
    assertThat(profile("relu --quick --no-check --shapes 8x16 --trace " + trace)).isZero();
    JsonNode events = new ObjectMapper().readTree(Files.readString(trace)).get("traceEvents");
    assertThat(events.findValuesAsText("name"))
        .contains("relu 8x16 fp32", "activation_forward_kernel");
    assertThat(profile("relu --quick --device sim --trace " + trace)).isEqualTo(2);
    assertThat(err.toString()).contains("--trace needs a device whose times say something");
  }

  @Test
  void operationsAreListed() throws IOException {
    assertThat(profile("--list")).isZero();
    assertThat(out.toString())
        .contains("normalization", "  softmax ", "rowsxcolumns: 1024x1024", "layer-norm-backward");
    assertThat(profile("matmul --list --json")).isZero();
    assertThat(json().get(0).get("axes").toString()).isEqualTo("[\"m\",\"n\",\"k\"]");
  }

  @Test
  void mistakesAreTold() throws IOException {
    assertThat(profile("sofmax")).isEqualTo(1);
    assertThat(err.toString()).contains("there is no operation 'sofmax'; did you mean softmax?");
    assertThat(profile("softmax --shapes 4")).isEqualTo(1);
    assertThat(err.toString()).contains("'4' is no shape; write rowsxcolumns");
    assertThat(profile("softmax --device abacus")).isEqualTo(1);
    assertThat(err.toString()).contains("there is no device 'abacus'");
    Files.createDirectories(folder.resolve("x"));
    assertThat(profile("softmax --html " + folder.resolve("x"))).isEqualTo(1);
    assertThat(err.toString()).contains("it is a folder");
  }

  @Test
  void wrongUsageIsTold() {
    for (String[] wrong :
        new String[][] {
          {"softmax --dtype fp8", "--dtype takes fp32, fp16 and bf16, got 'fp8'"},
          {"softmax --gpu h100", "--gpu needs --device sim"},
          {"softmax --device sim --gpu voodoo", "there is no GPU 'voodoo'; there are a100"},
          {"softmax --device sim --remeasure", "--remeasure needs --device cpu"},
          {"softmax --device eval", "the device eval is an oracle"},
        }) {
      assertThat(profile(wrong[0])).as(wrong[0]).isEqualTo(2);
      assertThat(err.toString()).contains(wrong[1]);
    }
  }
}
