package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyArray;
import dev.kiln.runtime.npy.NpyFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SimCommandTest {
  private static final String SCALE =
      """
      .version 8.0
      .target sm_80
      .address_size 64
      .visible .entry _Z5scalefPKfPf(.param .f32 a, .param .u64 x, .param .u64 y)
      {
        .reg .b32 %r<6>;
        .reg .f32 %f<4>;
        .reg .b64 %rd<6>;
        ld.param.f32 %f1, [a];
        ld.param.u64 %rd1, [x];
        ld.param.u64 %rd2, [y];
        mov.u32 %r1, %ctaid.x;
        mov.u32 %r2, %ntid.x;
        mov.u32 %r3, %tid.x;
        mad.lo.s32 %r4, %r1, %r2, %r3;
        mul.wide.s32 %rd3, %r4, 4;
        add.s64 %rd4, %rd1, %rd3;
        add.s64 %rd5, %rd2, %rd3;
        ld.global.f32 %f2, [%rd4];
        mul.rn.f32 %f3, %f1, %f2;
        st.global.f32 [%rd5], %f3; // the result
        ret;
      }
      """;

  @TempDir private Path folder;
  private Path scale;
  private Path several;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeFiles() throws IOException {
    scale = folder.resolve("scale.ptx");
    Files.writeString(scale, SCALE);
    several = folder.resolve("several.ptx");
    try (var in = SimCommandTest.class.getResourceAsStream("several.ptx")) {
      Files.write(several, in.readAllBytes());
    }
  }

  /** Words apart by spaces; {@code SCALE} and {@code SEVERAL} stand for the files. */
  private int sim(String line) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> words = new ArrayList<>(List.of("sim"));
    words.addAll(
        Arrays.asList(
            line.replace("SCALE", scale.toString())
                .replace("SEVERAL", several.toString())
                .replace("FOLDER", folder.toString())
                .split(" ")));
    return KilnCommand.execute(
        words.toArray(String[]::new), new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private void npy(String name, DType dtype, double... values) {
    NpyFile.write(
        folder.resolve(name),
        new NpyArray(dtype, new long[] {values.length}, NdArray.encode(dtype, values)));
  }

  private JsonNode json() throws IOException {
    return new ObjectMapper().readTree(out.toString());
  }

  @Test
  void aLaunchShowsTheArrays() {
    assertThat(sim("SCALE --grid 2 --block 2 --arg 2.5 --arg arange:fp32:4 --arg empty:fp32:2x2"))
        .isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString().lines())
        .containsExactly(
            "1 (x) = fp32[4] {0, 1, 2, 3}", "2 (y) = fp32[2, 2] {0, 2.500000, 5, 7.500000}");
  }

  @Test
  void arraysAreReadWrittenAndCompared() {
    npy("x.npy", DType.FP32, 1, 2, 3);
    npy("expected.npy", DType.FP32, 2, 4, 6);
    assertThat(
            sim(
                "SCALE:_Z5scalefPKfPf --grid 1 --block 3 --arg 2 --arg @FOLDER/x.npy --arg"
                    + " zeros:fp32:3 --out 2=FOLDER/deep/y.npy --expect 2=FOLDER/expected.npy"))
        .isZero();
    assertThat(err.toString()).isEmpty();
    assertThat(out.toString()).startsWith("2 (y): 3 elements agree").hasLineCount(1);
    NpyArray written = NpyFile.read(folder.resolve("deep/y.npy"));
    assertThat(NdArray.decode(DType.FP32, written.data())).containsExactly(2, 4, 6);
  }

  @Test
  void whatDiffersFromTheExpectedFails() {
    npy("expected.npy", DType.FP32, 0, 2, 5);
    String line =
        "SCALE --grid 1 --block 3 --arg 2 --arg arange:fp32:3 --arg zeros:fp32:3"
            + " --expect 2=FOLDER/expected.npy";
    assertThat(sim(line)).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("2 (y): 1 of 3 elements differ")
        .contains("2 (y)[2]: 4, expected 5");
    assertThat(sim(line + " --atol 1.5")).isZero();
    assertThat(sim(line + " --rtol 0.5")).isZero();
  }

  @Test
  void aFunctionOfCppHasItsPlainName() {
    assertThat(sim("SCALE:scale --grid 1 --block 1 --arg 2 --arg full:fp32:1:3 --arg empty:fp32:1"))
        .isZero();
    assertThat(out.toString()).contains("2 (y) = fp32[1] {6}");
  }

  @Test
  void launchesRepeatOverTheSameArrays() {
    assertThat(sim("SCALE --grid 1 --block 2 --arg 2 --arg full:fp32:2:1 --arg same:1 --repeat 3"))
        .isZero();
    assertThat(out.toString()).contains("1 (x) = fp32[2] {8, 8}");
    assertThat(err.toString()).startsWith("3 launches, best ");
  }

  @Test
  void structsHalvesAndFlagsArePassedByValue() throws IOException {
    Files.write(folder.resolve("pair.bin"), new byte[] {3, 0, 0, 0, 4, 0, 0, 0});
    String line = "SEVERAL:by_value --grid 1 --block 1 --arg @FOLDER/pair.bin --arg ";
    assertThat(sim(line + "fp16:5 --arg True --arg zeros:i32:1")).isZero();
    assertThat(out.toString()).isEqualTo("3 (out) = i32[1] {13}\n");
    assertThat(sim(line + "fp32:5 --arg True --arg zeros:i32:1")).isEqualTo(1);
    assertThat(err.toString()).contains("argument 1 ('half', 2 bytes) cannot be fp32:5");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "box=8x8 | 0, 1, 2, 3, ..., 60, 61, 62, 63",
        "fp16:4x16:box=4x16 | 0, 1, 2, 3, ..., 60, 61, 62, 63",
        "u16:4x8:box=8x8:fill=zero | 0, 1, 2, 3, ..., 0, 0, 0, 0",
        "fp16:4x8:box=8x8:fill=nan | 0, 1, 2, 3, ..., NaN, NaN, NaN, NaN",
        "fp16:3x8:box=8x8:offset=16 | 8, 9, 10, 11, ..., 0, 0, 0, 0",
        "fp16:4x8:strides=32:box=8x8 | 0, 1, 2, 3, ..., 0, 0, 0, 0",
        "fp16:8x8:box=8x8:interleave=none:swizzle=none:steps=1x1 | 0, 1, 2, 3, ..., 60, 61, 62, 63",
      })
  void tensorMapsDescribeBuffers(String map, String result) {
    double[] values = new double[64];
    Arrays.setAll(values, i -> i);
    NpyFile.write(
        folder.resolve("t.npy"),
        new NpyArray(DType.FP16, new long[] {8, 8}, NdArray.encode(DType.FP16, values)));
    int code =
        sim(
            "SEVERAL:copy_box --grid 1 --block 64 --buffer t=@FOLDER/t.npy --arg tensormap:t:"
                + map
                + " --arg empty:fp16:8x8");
    assertThat(err.toString()).isEmpty();
    assertThat(code).isZero();
    assertThat(out.toString()).contains("1 (out) = fp16[8, 8] {" + result + "}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tensormap:t:fp16:2x32:box=2x32:swizzle=32 | more than the swizzle's 32",
        "tensormap:t:fp16:8x8:box=8x8:swizzle=128 | a swizzle of 128 bytes over rows of 16 bytes",
        "tensormap:t:fp16:8x8:box=8x8:swizzle=7 | swizzle takes none, 32, 64 or 128",
        "tensormap:t:fp16:8x8:box=8x8:colour=7 | tensor maps have no 'colour'",
        "tensormap:t:fp16:8x8 | is not of the form tensormap:TENSOR",
        "tensormap:u:fp16:8x8:box=8x8 | no such array; there are t, 1",
        "tensormap:t:fp17:8x8:box=8x8 | 'fp17' is no data type",
        "tensormap:t:fp16:8xx:box=8x8 | is no whole number",
        "zeros:u8:128 | argument 0 ('map', 128 bytes) cannot be an address",
      })
  void faultyTensorMapsAreNamed(String map, String message) {
    int code =
        sim(
            "SEVERAL:copy_box --grid 1 --block 64 --buffer t=zeros:fp16:64 --arg "
                + map
                + " --arg empty:fp16:64");
    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).startsWith("kiln: ").contains(message);
  }

  @Test
  void blocksFormClusters() {
    assertThat(sim("SEVERAL:ranks --grid 4 --cluster 2 --block 1 --arg empty:i32:4")).isZero();
    assertThat(out.toString()).contains("{0, 1, 0, 1}");
    assertThat(sim("SEVERAL:ranks --grid 3 --cluster 2 --block 1 --arg empty:i32:3")).isEqualTo(1);
    assertThat(err.toString()).contains("a cluster of (2, 1, 1) does not divide the grid");
  }

  @Test
  void kernelsPrintToStandardOutput() throws IOException {
    assertThat(sim("SEVERAL:says --grid 3 --block 1")).isZero();
    assertThat(out.toString()).isEqualTo("block 0\nblock 1\nblock 2\n");
    assertThat(sim("SEVERAL:says --grid 2 --block 1 --json")).isZero();
    assertThat(json().get("printed").asText()).isEqualTo("block 0\nblock 1\n");
  }

  @Test
  void integersAreShownWithAllTheirDigits() throws IOException {
    byte[] bytes = new byte[16];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong((1L << 53) + 1).putLong(-1);
    for (DType dtype : List.of(DType.I64, DType.U64)) {
      NpyFile.write(
          folder.resolve(dtype.shortName() + ".npy"), new NpyArray(dtype, new long[] {2}, bytes));
    }
    String line =
        "SEVERAL:says --grid 1 --block 1"
            + " --buffer s=@FOLDER/i64.npy --buffer u=@FOLDER/u64.npy";
    assertThat(sim(line)).isZero();
    assertThat(out.toString())
        .contains("s = i64[2] {9007199254740993, -1}")
        .contains("u = u64[2] {9007199254740993, 18446744073709551615}");
    assertThat(sim(line + " --json")).isZero();
    JsonNode results = json().get("results");
    assertThat(results.get(0).get("values").toString()).isEqualTo("[9007199254740993,-1]");
    assertThat(results.get(1).get("values").toString())
        .isEqualTo("[9007199254740993,18446744073709551615]");
  }

  @Test
  void jsonHoldsResultsAndComparisons() throws IOException {
    npy("expected.npy", DType.FP32, 0, 2);
    assertThat(
            sim(
                "SCALE --grid 1 --block 2 --arg 2 --arg arange:fp32:2 --arg empty:fp32:2 --json"
                    + " --expect 2=FOLDER/expected.npy --schedule seed=3 --tensor truncated"
                    + " --threads 2 --relaxed --limit-memory 1M"))
        .isZero();
    JsonNode document = json();
    assertThat(document.get("kernel").asText()).isEqualTo("_Z5scalefPKfPf");
    assertThat(document.get("block").toString()).isEqualTo("[2,1,1]");
    assertThat(document.get("warpInstructions").asLong()).isEqualTo(14);
    assertThat(document.get("results").get(1).get("values").toString()).isEqualTo("[0.0,2.0]");
    assertThat(document.get("results").get(1).get("dtype").asText()).isEqualTo("fp32");
    assertThat(document.get("comparisons").get(0).get("differing").asInt()).isZero();
    assertThat(document.get("findings")).isEmpty();
    assertThat(document.has("fault")).isFalse();
  }

  @Test
  void aFaultNamesThreadAndAddressAndQuotesTheLine() {
    assertThat(
            sim(
                "SCALE --grid 1 --block 32 --arg 2 --arg arange:fp32:32 --arg zeros:fp32:31"
                    + " --out 2=FOLDER/y.npy --out 1=FOLDER/x.npy"))
        .isEqualTo(1);
    assertThat(err.toString())
        .startsWith("kiln: illegal address: writes 4 bytes at global address")
        .contains("just after buffer 2 of 124 bytes")
        .contains("(scale.ptx:21)")
        .contains("lane 31, thread (31, 0, 0)")
        .contains("->   21 |   st.global.f32 [%rd5], %f3; // the result");
    assertThat(folder.resolve("y.npy")).as("nothing is written").doesNotExist();
    assertThat(folder.resolve("x.npy")).doesNotExist();
  }

  @Test
  void aFaultIsPartOfTheJsonDocument() throws IOException {
    assertThat(sim("SCALE --grid 2 --block 1 --arg 2 --arg None --arg None --json")).isEqualTo(1);
    JsonNode fault = json().get("fault");
    assertThat(fault.get("kind").asText()).isEqualTo("illegal address");
    assertThat(fault.get("line").asInt()).isEqualTo(19);
    assertThat(fault.get("block").toString()).isEqualTo("[0,0,0]");
    assertThat(fault.get("lane").asInt()).isZero();
    assertThat(err.toString()).contains("a null pointer");
  }

  @Test
  void missingDynamicSharedMemoryIsExplained() {
    assertThat(sim("SEVERAL:fill_shared --grid 1 --block 32")).isEqualTo(1);
    assertThat(err.toString()).contains("shared memory of 0 bytes").contains("hint: ", "--shared");
    assertThat(sim("SEVERAL:fill_shared --grid 1 --block 32 --shared 128")).isZero();
    assertThat(sim("SEVERAL:fill_shared --grid 1 --block 32 --shared 124")).isEqualTo(1);
    assertThat(sim("SEVERAL:fill_shared --grid 1 --block 32 --shared 1K")).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"--sanitize=init", "--sanitize race,init", "--sanitize", "--sanitize all"})
  void findingsFailButLetResultsBeWritten(String sanitize) throws IOException {
    String line = "SCALE --grid 1 --block 2 --arg 2 --arg empty:fp32:2 --arg empty:fp32:2 ";
    assertThat(sim(line + "--out 2=FOLDER/y.npy " + sanitize)).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("init: reads 4 bytes")
        .contains("which nobody has written")
        .contains("scale.ptx:19");
    assertThat(folder.resolve("y.npy")).exists();
    assertThat(sim(line + "--json " + sanitize)).isEqualTo(1);
    JsonNode finding = json().get("findings").get(0);
    assertThat(finding.get("sanitizer").asText()).isEqualTo("init");
    assertThat(finding.get("at").get("line").asInt()).isEqualTo(19);
    assertThat(finding.get("at").get("thread").asText()).contains("warp 0, lane 0");
    assertThat(finding.get("times").asLong()).isEqualTo(1);
  }

  @Test
  void withoutTheSanitizerNothingIsFound() {
    String line = "SCALE --grid 1 --block 2 --arg 2 --arg empty:fp32:2 --arg empty:fp32:2";
    assertThat(sim(line)).isZero();
    assertThat(sim("--sanitize=memory " + line)).isZero();
    assertThat(sim("--sanitize " + line)).as("the file is no sanitizer").isEqualTo(1);
  }

  @Test
  void countersAreATableOrBesideEachLine() throws IOException {
    String line = "SCALE --grid 2 --block 48 --arg 2 --arg zeros:fp32:96 --arg empty:fp32:96 ";
    assertThat(sim(line + "--counters")).isZero();
    assertThat(out.toString())
        .containsPattern("warp instructions +56\n")
        .containsPattern("loads +4 +384 +12 +12 +3.00\n")
        .contains("Counts are of PTX instructions")
        .doesNotContain("// the result");
    assertThat(sim(line + "--counters=lines")).isZero();
    assertThat(out.toString())
        .containsPattern("warp instructions +56\n")
        .containsPattern("# +4 +24.0 +12 +\\|   st.global.f32 \\[%rd5\\], %f3; // the result\n");
    assertThat(sim("--counters " + line + "--json")).isZero();
    assertThat(json().at("/counters/total/executions").asInt()).isEqualTo(56);
    assertThat(json().at("/counters/lines").isMissingNode()).isTrue();
    assertThat(sim("--counters lines " + line + "--json")).isZero();
    assertThat(json().at("/counters/lines/0/executions").asInt()).isEqualTo(4);
  }

  @Test
  void timeIsEstimatedForAGpu() throws IOException {
    String line = "SCALE --grid 2 --block 48 --arg 2 --arg zeros:fp32:96 --arg empty:fp32:96 ";
    for (String gpu : List.of("a100", "h100", "h200", "rtx4090", "b200")) {
      assertThat(sim(line + "--gpu " + gpu)).as(gpu).isZero();
      assertThat(out.toString()).contains("Estimate for ", "Assumptions");
      assertThat(out.toString()).doesNotContain("Instructions by class");
    }
    assertThat(sim(line + "--gpu H100 --counters --json")).isZero();
    assertThat(json().at("/estimate/gpu").asText()).isEqualTo("h100");
    assertThat(json().at("/estimate/seconds").asDouble()).isPositive();
    assertThat(json().at("/counters/total/executions").asInt()).isEqualTo(56);
    assertThat(sim(line + "--gpu b200 --json")).isZero();
    assertThat(json().has("counters")).isFalse();
  }

  @Test
  void launchesHaveLimits() {
    assertThat(sim("SEVERAL:forever --grid 1 --block 1 --limit-instructions 1000")).isEqualTo(1);
    assertThat(err.toString()).contains("more than 1,000 warp instructions");
    assertThat(sim("SEVERAL:forever --grid 1 --block 1 --limit-seconds 0.05")).isEqualTo(1);
    assertThat(err.toString()).contains("took more than 50 ms");
    assertThat(
            sim(
                "SCALE --grid 1 --block 1 --arg 1 --arg zeros:fp32:64 --arg zeros:fp32:64"
                    + " --limit-memory 500"))
        .isEqualTo(1);
    assertThat(err.toString()).contains("out of memory: 256 bytes wanted, 256 of 500 in use");
  }

  @Test
  void onlyTheEntryThatUsesSomethingUnsupportedFails() {
    assertThat(sim("SEVERAL:texture --grid 1 --block 1 --arg 0")).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("several.ptx:134:3: error: tex.1d")
        .contains("textures and surfaces are not simulated")
        .endsWith("    ^\n");
  }

  @Test
  void syntaxErrorsHaveLineAndColumn() throws IOException {
    Files.writeString(scale, SCALE.replace("mul.rn.f32 %f3, %f1", "mul.rn.f32 %f3 ( %f1"));
    assertThat(sim("SCALE --grid 1 --block 1")).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("scale.ptx:20:")
        .contains("error: expected")
        .contains("    mul.rn.f32 %f3 ( %f1, %f2;\n");
    assertThat(sim("SCALE --grid 1 --block 1 --json")).isEqualTo(1);
    assertThat(json().at("/errors/0/line").asInt()).isEqualTo(20);
  }

  @Test
  void longLinesAndControlsAreNotWrittenAsTheyAre() throws IOException {
    String wide = "  add.s32 %r1, %r1, 1; ".repeat(40);
    Files.writeString(scale, SCALE.replace("  ret;", wide + "\u001b[31mwhat; " + wide + "ret;"));
    assertThat(sim("SCALE --grid 1 --block 1")).isEqualTo(1);
    assertThat(err.toString()).contains("?[31mwhat;").doesNotContain("\u001b");
    assertThat(err.toString().lines().mapToInt(String::length).max().orElse(0)).isLessThan(200);
    Files.writeString(scale, SCALE.replace("  ret;", "what;\n".repeat(50)));
    assertThat(sim("SCALE --grid 1 --block 1")).isEqualTo(1);
    assertThat(err.toString()).endsWith("and 30 more errors\n");
  }

  @Test
  void listTellsWhatAFileHolds() throws IOException {
    assertThat(sim("--list SEVERAL")).isZero();
    assertThat(out.toString())
        .startsWith("several.ptx: PTX 8.6 for sm_90\nentry copy_box\n  0  map, 128 bytes\n")
        .contains("entry fill_shared\n  .maxntid 64, 1, 1\n")
        .contains("entry texture  (cannot be run")
        .contains("  .global format, 10 bytes")
        .contains("  line 134:3: tex.1d");
    assertThat(sim("--list --json SEVERAL")).isZero();
    JsonNode document = json();
    assertThat(document.get("entries")).hasSize(8);
    assertThat(document.at("/entries/1/directives/maxntid").toString()).isEqualTo("[64,1,1]");
    assertThat(document.at("/entries/4/parameters/0/bytes").asInt()).isEqualTo(8);
    assertThat(document.at("/unsupported/0/line").asInt()).isEqualTo(134);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "FOLDER/absent.ptx --grid 1 --block 1 | no such file: ",
        "FOLDER --grid 1 --block 1 | is a folder, not a PTX file",
        "SCALE:other --grid 1 --block 1 | there is no entry 'other' in ",
        "SEVERAL --grid 1 --block 1 | has several entries; name one",
        "SCALE --grid 1 --block 1 --arg 1 | takes 3 arguments, not 1",
        "SCALE --grid 1 --block 1 --arg 1 --arg 1 --arg zeros:i8:1 --arg 1 | takes 3 arguments, not"
            + " 4",
        "SCALE --grid 1 --block 1 --arg zeros:i8:4 --arg 1 --arg 1 | cannot be an address",
        "SCALE --grid 1 --block 1 --arg fp64:1 --arg 1 --arg 1 | argument 0 ('a', .f32) cannot be"
            + " fp64:1",
        "SCALE --grid 1 --block 1 --arg 1 --arg 1.5 --arg 1 | argument 1 ('x', .u64) cannot be 1.5",
        "SCALE --grid 1 --block 1 --arg 1 --arg fp64:1 --arg 1 | argument 1 ('x', .u64) cannot be"
            + " fp64:1",
        "SCALE --grid 1 --block 1 --arg 1 --arg i32:1 --arg 1 | argument 1 ('x', .u64) cannot be"
            + " i32:1",
        "SCALE --grid 1 --block 1 --arg 1 --arg @FOLDER/no.bin --arg 1 | --arg 1: no such file",
        "SCALE --grid 1 --block 1 --arg 1 --arg @FOLDER/scale.ptx --arg 1 | cannot be",
        "SCALE --grid 1 --block 1 --arg 1 --arg 1 --arg hello | --arg 2: 'hello' is no value",
        "SCALE --grid 1 --block 1 --arg 1 --arg 1 --arg same:0 | same 0: no argument is an array",
        "SCALE --grid 1 --block 1 --arg 1 --arg 1 --arg zeros:i8:4 --out 1=a.npy | --out 1: no such"
            + " array; there are 2",
        "SCALE --grid 1 --block 1 --arg 1 --arg 1 --arg zeros:i8:4 --expect 2=no.npy | no such"
            + " file: no.npy",
        "SCALE --grid 1 --block 1025 --arg 1 --arg 1 --arg 1 | at most 1024 in all",
        "SCALE --grid 0 --block 1 --arg 1 --arg 1 --arg 1 | the grid (0, 1, 1) has an extent of 0",
        "SCALE --grid 1 --block 1 --shared 200K --arg 1 --arg 1 --arg 1 | sm_80 has at most"
            + " 166,912",
        "SCALE --grid 2 --block 1 --cluster 2 --arg 1 --arg 1 --arg 1 | sm_80 has no clusters",
        "SEVERAL:fill_shared --grid 1 --block 65 | .maxntid allows (64, 1, 1)",
      })
  void faultyInputIsNamed(String line, String message) {
    assertThat(sim(line)).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("kiln: ")
        .contains(message)
        .doesNotContain("internal error");
    assertThat(out.toString()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--block 1 | --grid is missing",
        "--grid 1 | --block is missing",
        "--grid 1 --block 1,2,3,4 | '1,2,3,4' is no block",
        "--grid 1 --block 1 --cluster x | 'x' is no cluster",
        "--grid 1 --block 1 --repeat 0 | --repeat takes a number of at least 1",
        "--grid 1 --block 1 --sanitize=races | there is no sanitizer 'races'; there are memory,"
            + " init, race, sync",
        "--grid 1 --block 1 --sanitize memory,, | there is no sanitizer ''",
        "--grid 1 --block 1 --counters=line | --counters takes no value, or 'lines', got 'line'",
        "--grid 1 --block 1 --gpu v100 | there is no GPU 'v100'; there are",
        "--grid 1 --block 1 --schedule 3 | --schedule takes seed=N, got '3'",
        "--grid 1 --block 1 --schedule seed=x | --schedule takes seed=N",
        "--grid 1 --block 1 --threads 0 | --threads takes a number of at least 1",
        "--grid 1 --block 1 --limit-memory 0 | --limit-memory takes",
        "--grid 1 --block 1 --limit-instructions -3 | --limit-instructions takes",
        "--grid 1 --block 1 --limit-seconds -1 | --limit-seconds takes",
        "--grid 1 --block 1 --shared 4Q | '4Q' is no number of bytes",
        "--grid 1 --block 1 --tensor odd | rounded",
        "--grid 1 --block 1 --out 1 | is not of the form NAME=VALUE",
        "--grid 1 --block 1 --buffer b | give each buffer a name of its own",
        "--grid 1 --block 1 --buffer 1=zeros:i8:1 | give each buffer a name of its own",
      })
  void wrongOptionsExitWithTwo(String options, String message) {
    assertThat(sim("SCALE --arg 1 --arg zeros:i8:1 --arg 0 " + options)).isEqualTo(2);
    assertThat(err.toString().lines().findFirst().orElse("")).containsIgnoringCase(message);
  }

  @Test
  void otherKindsOfFilesGetAHint() throws IOException {
    Files.writeString(folder.resolve("k.cu"), "__global__ void k() {}");
    assertThat(sim("FOLDER/k.cu --grid 1 --block 1")).isEqualTo(1);
    assertThat(err.toString()).contains("is CUDA C++").contains("nvcc -ptx -arch=sm_80 -o");
    Files.writeString(folder.resolve("k.py"), "import triton");
    assertThat(sim("FOLDER/k.py:add --grid 1 --block 1")).isEqualTo(1);
    assertThat(err.toString()).contains("kiln run");
    Files.write(folder.resolve("k.ptx"), new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    assertThat(sim("FOLDER/k.ptx --list")).isEqualTo(1);
    assertThat(err.toString()).contains("holds machine code").contains("cuobjdump -ptx");
    Files.write(folder.resolve("k.ptx"), new byte[] {'.', 'v', 0});
    assertThat(sim("FOLDER/k.ptx --grid 1 --block 1")).isEqualTo(1);
    assertThat(err.toString()).contains("is no text");
    Files.writeString(folder.resolve("k.ptx"), ".version 8.0\n.target sm_80\n");
    assertThat(sim("FOLDER/k.ptx --grid 1 --block 1")).isEqualTo(1);
    assertThat(err.toString()).contains("has no .entry");
    Files.writeString(folder.resolve("k.ptx"), "");
    assertThat(sim("FOLDER/k.ptx --grid 1 --block 1")).isEqualTo(1);
  }
}
