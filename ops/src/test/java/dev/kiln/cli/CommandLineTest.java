package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyArray;
import dev.kiln.runtime.npy.NpyFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
  private static final String ADD =
      """
      import triton
      import triton.language as tl


      @triton.jit
      def add(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
          offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
          mask = offsets < n
          x = tl.load(x_ptr + offsets, mask=mask)
          y = tl.load(y_ptr + offsets, mask=mask)
          tl.store(out_ptr + offsets, x + y, mask=mask)
      """;

  @TempDir private Path folder;
  private Path file;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void writeKernel() throws IOException {
    file = folder.resolve("add.py");
    Files.writeString(file, ADD);
  }

  private int kiln(Object... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    String[] line = java.util.Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
    return KilnCommand.execute(line, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  private Path npy(String name, DType dtype, double... values) {
    Path path = folder.resolve(name);
    NpyFile.write(
        path, new NpyArray(dtype, new long[] {values.length}, NdArray.encode(dtype, values)));
    return path;
  }

  @ParameterizedTest
  @ValueSource(strings = {"cpu", "eval"})
  void runWritesAndComparesArrays(String device) {
    Path x = npy("x.npy", DType.FP32, 1, 2, 3);
    Path expected = npy("expected.npy", DType.FP32, 11, 12, 13);
    Path result = folder.resolve("out.npy");
    int code =
        kiln(
            "run",
            file + ":add",
            "--device",
            device,
            "--grid",
            "1",
            "--arg",
            "x_ptr=@" + x,
            "--arg",
            "y_ptr=full:fp32:3:10",
            "--arg",
            "out_ptr=zeros:fp32:3",
            "--arg",
            "n=3",
            "--arg",
            "BLOCK=4",
            "--out",
            "out_ptr=" + result,
            "--expect",
            "out_ptr=" + expected);
    assertThat(err.toString()).isEmpty();
    assertThat(code).isZero();
    assertThat(out.toString()).startsWith("out_ptr: 3 elements agree");
    assertThat(NdArray.decode(DType.FP32, NpyFile.read(result).data())).containsExactly(11, 12, 13);
  }

  @Test
  void runShowsTheWorstDifferencesAndFails() {
    Path expected = npy("expected.npy", DType.FP32, 11, 99, 13);
    int code =
        kiln(
            "run",
            file + ":add",
            "--grid",
            "1",
            "--arg",
            "x_ptr=arange:fp32:3",
            "--arg",
            "y_ptr=full:fp32:3:11",
            "--arg",
            "out_ptr=zeros:fp32:3",
            "--arg",
            "n=3",
            "--arg",
            "BLOCK=4",
            "--expect",
            "out_ptr=" + expected);
    assertThat(code).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("out_ptr: 1 of 3 elements differ")
        .contains("out_ptr[1]: 12, expected 99");
  }

  @Test
  void runPrintsOneJsonDocument() throws IOException {
    int code =
        kiln(
            "run",
            file + ":add",
            "--grid",
            "1",
            "--arg",
            "x_ptr=arange:bf16:3",
            "--arg",
            "y_ptr=full:bf16:3:10",
            "--arg",
            "out_ptr=zeros:bf16:3",
            "--arg",
            "n=3",
            "--arg",
            "BLOCK=4",
            "--repeat",
            "3",
            "--json");
    assertThat(code).isZero();
    assertThat(new ObjectMapper().readTree(out.toString()).get("launches").asInt()).isEqualTo(3);
  }

  @Test
  void bf16IsWrittenBackAsFp32() {
    Path result = folder.resolve("out.npy");
    kiln(
        "run",
        file + ":add",
        "--grid",
        "1",
        "--arg",
        "x_ptr=@" + npy("x.npy", DType.FP64, 0.1, 2) + ":bf16",
        "--arg",
        "y_ptr=zeros:bf16:2",
        "--arg",
        "out_ptr=zeros:bf16:2",
        "--arg",
        "n=2",
        "--arg",
        "BLOCK=2",
        "--out",
        "out_ptr=" + result);
    assertThat(NpyFile.read(result).dtype()).isEqualTo(DType.FP32);
    assertThat(NdArray.decode(DType.FP32, NpyFile.read(result).data()))
        .containsExactly(0.10009765625, 2);
  }

  @Test
  void traceShowsTheValuesOfALine() {
    int code =
        kiln(
            "run",
            file + ":add",
            "--device",
            "eval",
            "--trace",
            "9",
            "--grid",
            "1",
            "--arg",
            "x_ptr=arange:fp32:4",
            "--arg",
            "y_ptr=zeros:fp32:4",
            "--arg",
            "out_ptr=zeros:fp32:4",
            "--arg",
            "n=4",
            "--arg",
            "BLOCK=4");
    assertThat(code).isZero();
    assertThat(out.toString())
        .contains("add.py:9:")
        .contains("load")
        .contains("[0.0, 1.0, 2.0, 3.0]");
  }

  @Test
  void sanitizeNamesLineAndProgram() {
    int code =
        kiln(
            "run",
            file + ":add",
            "--sanitize",
            "--grid",
            "2",
            "--arg",
            "x_ptr=zeros:fp32:4",
            "--arg",
            "y_ptr=zeros:fp32:4",
            "--arg",
            "out_ptr=zeros:fp32:4",
            "--arg",
            "n=8",
            "--arg",
            "BLOCK=4");
    assertThat(code).isEqualTo(1);
    assertThat(err.toString())
        .contains("add.py:9:9: error: out-of-range load")
        .contains("program (1, 0, 0)")
        .doesNotContain("\tat ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x_ptr=1x2 | '1x2' is no number",
        "x_ptr=zeros:fp33:3 | 'fp33' is no data type",
        "x_ptr=zeros:fp32:3x | ",
        "x_ptr=@absent.npy | no such file: absent.npy",
        "x_ptr=hello | 'hello' is no value",
        "z=1 | has no parameter 'z'",
        "n=99999999999999999999 | '99999999999999999999' does not fit 64 bits",
        "BLOCK=zeros:fp32:1 | argument 'BLOCK' is tl.constexpr and takes a constant",
        "x_ptr=zeros:fp32:-3 | an extent must not be negative",
        "x_ptr=zeros:fp32:99999999999 | has at most 268,435,455 elements",
        "x_ptr=full:i8:3:300 | 300.0 is no i8",
      })
  void faultyArgumentsAreNamed(String argument, String message) {
    int code = kiln("run", file + ":add", "--grid", "1", "--arg", argument);
    assertThat(code).isEqualTo(1);
    assertThat(err.toString())
        .startsWith("kiln: ")
        .contains(message == null ? "" : message)
        .doesNotContain("internal error");
  }

  @Test
  void usageFaultsExitWithTwo() {
    assertThat(kiln("run", file + ":add")).isEqualTo(2);
    assertThat(err.toString()).contains("--grid");
    assertThat(kiln("fly")).isEqualTo(2);
    assertThat(kiln()).isEqualTo(2);
    assertThat(kiln("compile", file + ":add", "--emit", "tir")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--grid 1,2,3,4 | '1,2,3,4' is no grid",
        "--grid 1 --arg x_ptr | is not of the form NAME=VALUE",
        "--grid 1 --repeat 0 | --repeat takes a number of at least 1",
        "--grid 1 --trace 3 | --trace needs --device eval",
        "--grid 1 --num-warps 3 | --num-warps takes a power of 2, got 3",
        "--grid 1 --target abacus | there is no target 'abacus'",
      })
  void wrongOptionsExitWithTwoAndOneLine(String options, String message) {
    String[] words = ("run " + file + ":add " + options).split(" ");
    assertThat(kiln((Object[]) words)).isEqualTo(2);
    assertThat(err.toString()).startsWith("kiln: ").contains(message).hasLineCount(1);
  }

  @Test
  void filesThatCannotBeWrittenAreNamedBeforeTheLaunch() {
    List<String> line =
        List.of("run", file + ":add", "--grid", "1", "--arg", "x_ptr=zeros:fp32:1", "--out");
    for (var place :
        Map.of(folder, "it is a folder", file.resolve("x.npy"), "add.py is no folder").entrySet()) {
      List<String> whole = new ArrayList<>(line);
      whole.add("x_ptr=" + place.getKey());
      assertThat(kiln(whole.toArray())).isEqualTo(1);
      assertThat(err.toString())
          .startsWith("kiln: cannot write " + place.getKey() + ": ")
          .contains(place.getValue())
          .hasLineCount(1);
    }
  }

  @Test
  void aTraceOfNothingSaysSo() {
    String arrays = "--arg x_ptr=zeros:fp32:4 --arg y_ptr=zeros:fp32:4 --arg out_ptr=zeros:fp32:4";
    String[] words =
        ("run " + file + ":add --grid 1 --device eval --trace 99 --arg n=4 --arg BLOCK=4 " + arrays)
            .split(" ");
    assertThat(kiln((Object[]) words)).isZero();
    assertThat(err.toString()).contains("program 0,0,0 computes nothing on line 99");
  }

  @Test
  void everyCommandHasHelp() {
    for (String command :
        List.of("doctor", "check", "compile", "run", "sim", "profile", "train", "cache")) {
      assertThat(kiln(command, "--help")).as(command).isZero();
      assertThat(out.toString()).contains("Usage: kiln " + command);
    }
  }

  @Test
  void unknownDevicesSaySo() {
    assertThat(kiln("run", file + ":add", "--grid", "1", "--device", "abacus")).isEqualTo(1);
    assertThat(err.toString()).contains("there is no device 'abacus'");
    assertThat(kiln("run", file + ":add", "--grid", "1", "--device", "cuda:999")).isEqualTo(1);
    assertThat(err.toString())
        .containsAnyOf("no CUDA driver", "shows no GPU", "there is no GPU 999");
  }

  @Test
  void gpusTakeNoOptionsOfTheSimulator() {
    String[] run = {"run", file + ":add", "--grid", "1", "--device", "cuda"};
    assertThat(kiln(Stream.concat(Stream.of(run), Stream.of("--sanitize")).toArray())).isEqualTo(2);
    assertThat(err.toString()).contains("--sanitize needs --device sim");
    assertThat(kiln(Stream.concat(Stream.of(run), Stream.of("--target", "sm_80")).toArray()))
        .isEqualTo(2);
    assertThat(err.toString()).contains("--target is not for the device cuda");
  }

  @Test
  void compileShowsEveryStage() throws IOException {
    String signature = "*fp32:16, *fp32:16, *fp32:16, n=i32, BLOCK=64";
    for (String stage : List.of("ast", "tir", "loops", "class")) {
      assertThat(kiln("compile", file + ":add", "--signature", signature, "--emit", stage))
          .as(stage)
          .isZero();
      assertThat(out.toString()).isNotBlank();
    }
    Path all = folder.resolve("all");
    assertThat(
            kiln(
                "compile",
                file + ":add",
                "--signature",
                signature,
                "--emit",
                "all",
                "-o",
                all,
                "--stats"))
        .isZero();
    assertThat(err.toString()).contains("class of");
    try (var files = Files.list(all)) {
      assertThat(files.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("add.ast", "add.tir", "add.loops", "add.class");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*fp32,*fp32 | the signature has no entry for 'out_ptr'",
        "*fp32,*fp32,*fp32,i32,64,5 | more entries than the kernel has parameters (5)",
        "*fp32,*fp32,*fp32,i32,i32 | 'BLOCK' is tl.constexpr: the signature needs its value",
        "*fp32,*fp32,*fp32,i32:8,64 | only divisibility by 16 can be stated",
        "*fp31,*fp32,*fp32,i32,64 | 'fp31' is no data type",
        "q=i32 | the kernel has no parameter 'q'",
        "*fp32,x_ptr=*fp32 | describes 'x_ptr' twice",
      })
  void faultySignaturesAreNamed(String signature, String message) {
    assertThat(kiln("compile", file + ":add", "--signature", signature, "--emit", "tir"))
        .isEqualTo(1);
    assertThat(err.toString()).contains(message);
  }

  @Test
  void checkReportsSyntaxWithLineAndCaret() throws IOException {
    Path bad = folder.resolve("bad.py");
    Files.writeString(bad, ADD.replace("mask = offsets < n", "mask = offsets < (n"));
    assertThat(kiln("check", file)).isZero();
    assertThat(out.toString()).contains("add.py:add: ok");
    assertThat(kiln("check", bad, file)).isEqualTo(1);
    assertThat(err.toString()).contains("bad.py:").contains("error: ").contains("^");
    assertThat(out.toString()).contains("add.py:add: ok");
    assertThat(kiln("check", folder.resolve("absent.py"))).isEqualTo(1);
    assertThat(err.toString()).contains("no such file");
  }

  @Test
  void checkReportsUnknownNames() throws IOException {
    Path bad = folder.resolve("bad.py");
    Files.writeString(bad, ADD.replace("x + y", "x + z"));
    assertThat(kiln("check", "--json", bad)).isEqualTo(1);
    assertThat(new ObjectMapper().readTree(out.toString()).get(0).get("verdict").asText())
        .isEqualTo("error");
  }

  @Test
  void doctorNamesWhatIsMissing() throws IOException {
    assertThat(kiln("doctor")).isZero();
    assertThat(out.toString())
        .contains("JDK")
        .contains("device cpu")
        .contains("device sim     yes");
    assertThat(kiln("doctor", "--json")).isZero();
    assertThat(new ObjectMapper().readTree(out.toString()).isArray()).isTrue();
  }
}
