package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.runtime.gpu.Ptxas;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kiln compile} for GPUs, {@code kiln run --device sim}. */
class GpuCommandsTest {
  private static final String KERNEL =
      """
      import triton
      import triton.language as tl


      @triton.jit
      def twice(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
          offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
          x = tl.load(x_ptr + offsets, mask=offsets < n)
          tl.store(out_ptr + offsets, x + x, mask=offsets < n)
      """;

  private static final String SIGNATURE = "*fp32:16, *fp32:16, i32, 256";

  private static final String RUN =
      "run %s:twice --device sim --grid 2 --arg x_ptr=arange:fp32:300 --arg n=300 --arg BLOCK=256";

  @TempDir private Path folder;
  private Path file;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeKernel() throws IOException {
    file = folder.resolve("twice.py");
    Files.writeString(file, KERNEL);
  }

  private int kiln(String... words) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    return KilnCommand.execute(words, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private int compile(String target, String kind, String... more) {
    String[] words = {
      "compile", file + ":twice", "--signature", SIGNATURE, "--target", target, "--emit", kind
    };
    String[] all = java.util.Arrays.copyOf(words, words.length + more.length);
    System.arraycopy(more, 0, all, words.length, more.length);
    return kiln(all);
  }

  private int run(String more) {
    return kiln((RUN.formatted(file) + " " + more).split(" "));
  }

  @ParameterizedTest
  @ValueSource(strings = {"sm_80", "sm_89", "sm_90a", "sm_100", "sm_120"})
  void compileShowsThePtxOfATarget(String target) {
    assertThat(compile(target, "ptx", "--stats", "--num-warps", "2")).isZero();
    assertThat(out.toString())
        .startsWith(".version ")
        .contains(".target " + target)
        .contains(".entry twice(")
        .contains(".reqntid 64");
    assertThat(err.toString()).contains("64 threads, 0 bytes of dynamic shared memory");
    assertThat(err.toString()).contains(Ptxas.find().isPresent() ? " registers" : "ptxas");
  }

  @Test
  void compileWritesACubin() throws IOException {
    assertThat(compile("sm_80", "cubin")).isEqualTo(2);
    assertThat(err.toString()).contains("--emit cubin needs a file: -o PATH");
    Path cubin = folder.resolve("twice.cubin");
    int code = compile("sm_80", "cubin", "-o", cubin.toString());
    if (Ptxas.find().isEmpty()) {
      assertThat(code).isEqualTo(1);
      assertThat(err.toString()).contains("a cubin needs ptxas, which is not on the PATH");
      return;
    }
    assertThat(code).isZero();
    assertThat(Files.readAllBytes(cubin)).startsWith(0x7f, 'E', 'L', 'F');
  }

  @Test
  void compileWritesAllStagesToAFolder() {
    Path all = folder.resolve("all");
    assertThat(compile("sm_90a", "all", "-o", all.toString())).isZero();
    assertThat(all.resolve("twice.ast")).exists();
    assertThat(all.resolve("twice.tir")).exists();
    assertThat(all.resolve("twice.abi")).content().contains("\"entry\" : \"twice\"");
    assertThat(all.resolve("twice.ptx")).content().contains(".target sm_90a");
    assumeTrue(Ptxas.find().isPresent(), "ptxas is not installed");
    assertThat(all.resolve("twice.cubin")).exists();
  }

  @Test
  void theAbiSaysHowToLaunch() throws IOException {
    assertThat(compile("sm_80", "abi")).isZero();
    JsonNode abi = new ObjectMapper().readTree(out.toString());
    assertThat(abi.get("threads").asInt()).isEqualTo(128);
    assertThat(abi.get("parameters")).hasSize(3);
    JsonNode last = abi.get("parameters").get(2);
    assertThat(last.get("kind").asText()).isEqualTo("scalar");
    assertThat(last.get("offset").asInt()).isEqualTo(16);
    assertThat(last.get("bytes").asInt()).isEqualTo(4);
  }

  @Test
  void stagesOfTheOtherKindOfTargetAreWrongUsage() {
    assertThat(compile("sm_80", "class")).isEqualTo(2);
    assertThat(err.toString()).contains("for sm_80 there is no stage 'class'").contains("ptx");
    assertThat(compile("cpu", "ptx")).isEqualTo(2);
    assertThat(err.toString()).contains("for cpu there is no stage 'ptx'").contains("loops");
    assertThat(compile("sm_70", "ptx")).isEqualTo(2);
    assertThat(err.toString()).contains("there is no target 'sm_70'");
  }

  @Test
  void runComputesInTheSimulator() {
    assertThat(run("--arg out_ptr=zeros:fp32:300 --target sm_90a --sanitize")).isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).contains("out_ptr = fp32[300] {0, 2, 4, 6, ").contains("596, 598}");
  }

  @Test
  void runCountsALaunch() {
    assertThat(run("--arg out_ptr=zeros:fp32:300 --counters")).isZero();
    assertThat(out.toString()).contains("twice: 2 blocks of 128 threads").contains("loads");
    assertThat(run("--arg out_ptr=zeros:fp32:300 --counters=lines")).isZero();
    assertThat(out.toString()).contains(".entry twice(");
    assertThat(run("--arg out_ptr=zeros:fp32:300 --counters=words")).isEqualTo(2);
  }

  @Test
  void runWritesAPageOfALaunch() throws IOException {
    Path page = folder.resolve("pages/twice.html");
    assertThat(run("--arg out_ptr=zeros:fp32:300 --html " + page)).isZero();
    assertThat(out.toString()).doesNotContain("128 threads");
    assertThat(page)
        .content()
        .contains("<b>twice</b>", "tl.store(", "st.global", "A100 SXM4", "at least")
        .doesNotContain("H100");
    assertThat(run("--arg out_ptr=zeros:fp32:300 --html " + folder)).isEqualTo(1);
    assertThat(err.toString()).contains("it is a folder");
  }

  @Test
  void aFaultLeavesNoPage() {
    Path page = folder.resolve("fault.html");
    assertThat(run("--arg out_ptr=zeros:fp32:200 --sanitize --html " + page)).isEqualTo(1);
    assertThat(page).doesNotExist();
  }

  @Test
  void aFaultNamesTheLineOfTheSource() {
    assertThat(run("--arg out_ptr=zeros:fp32:200 --sanitize")).isEqualTo(1);
    assertThat(err.toString())
        .contains("illegal address: writes 4 bytes")
        .contains("twice.py:9)")
        .contains("st.global");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void runPrintsOneJsonDocument() throws IOException {
    assertThat(run("--arg out_ptr=zeros:fp32:300 --repeat 2 --sanitize --counters --json"))
        .isZero();
    JsonNode json = new ObjectMapper().readTree(out.toString());
    assertThat(json.get("device").asText()).isEqualTo("sim");
    assertThat(json.get("warpInstructions").asLong()).isPositive();
    assertThat(json.get("findings")).isEmpty();
    assertThat(json.get("counters")).isNotEmpty();
  }

  @Test
  void whatDoesNotGoTogetherIsWrongUsage() {
    assertThat(run("--target cpu")).isEqualTo(2);
    assertThat(err.toString()).contains("the device sim runs no code for cpu");
    String cpu = RUN.formatted(file).replace("sim", "cpu");
    assertThat(kiln((cpu + " --counters").split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("--counters needs --device sim");
    assertThat(kiln((cpu + " --html page.html").split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("--html needs --device sim");
    assertThat(kiln((cpu + " --target sm_80").split(" "))).isEqualTo(2);
    assertThat(err.toString()).contains("the device cpu runs no code for sm_80");
  }
}
