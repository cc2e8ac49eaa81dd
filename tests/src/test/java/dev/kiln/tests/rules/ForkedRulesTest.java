package dev.kiln.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.jvm.JitDirectives;
import dev.kiln.runtime.cpu.VectorSupport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules that need a JVM with flags of its own, or without any. */
class ForkedRulesTest {
  private static final List<String> FLAGS =
      List.of("--add-modules", "jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED");

  /**
   * The launcher's threshold; the JIT compiles while the kernel waits, so that it is known when a
   * kernel is warm, and says what it compiles.
   */
  private static final List<String> JIT =
      List.of(
          "-XX:CompileCommand=quiet",
          "-XX:CompileCommand=CompileThresholdScaling,dev.kiln.generated.*::*,0.001",
          "-Xbatch",
          "-XX:+PrintCompilation",
          "-XX:+DisplayVMOutputToStderr");

  /** Milliseconds, number, attributes, tier, class/address::method. */
  private static final Pattern COMPILATION =
      Pattern.compile("\\s*\\d+\\s+\\d+\\s+[%sbn! ]*([0-4])\\s+dev\\.kiln\\.generated\\.(\\w+).*");

  @TempDir Path folder;

  /** The processes' cache; null for none. */
  private Path cache;

  private record Output(List<String> results, List<String> errors) {}

  @Test
  void warmKernelsGiveTheBitsOfTheFirstLaunchAndAreNeverCompiledByC1() throws Exception {
    checkWarmKernels(VectorSupport.preferredBits());
  }

  static Stream<Integer> otherWidths() {
    return Stream.of(512, 256, 128, 0).filter(bits -> bits < VectorSupport.preferredBits());
  }

  @ParameterizedTest
  @MethodSource("otherWidths")
  @Tag("slow")
  void warmKernelsOfOtherWidthsFollowTheSameRules(int bits) throws Exception {
    checkWarmKernels(bits);
  }

  /**
   * From the cache, kernels first run on their starters, which are left to C1, and then on other
   * classes.
   */
  @Test
  void warmKernelsFromTheCacheFollowTheSameRules() throws Exception {
    cache = folder.resolve("cache");
    List<String> some = OwnKernels.all().stream().limit(6).map(KernelCase::name).toList();
    checkWarmKernels(VectorSupport.preferredBits(), some);
    assertThat(cache).isNotEmptyDirectory();
    checkWarmKernels(VectorSupport.preferredBits(), some);
  }

  private void checkWarmKernels(int bits) throws Exception {
    checkWarmKernels(bits, List.of());
  }

  private void checkWarmKernels(int bits, List<String> names) throws Exception {
    List<String> arguments = new ArrayList<>(List.of("warm", "" + bits, "2"));
    arguments.addAll(names);
    // Directives are given in one of two ways.
    List<String> commands = cache == null ? List.of() : JitDirectives.FLAGS;
    Stream<String> flags = Stream.of(FLAGS, JIT, commands).flatMap(List::stream);
    Set<String> compiled = compiled(fork(flags, arguments.toArray(String[]::new)));
    assertThat(compiled)
        .containsAll(
            names.isEmpty() ? OwnKernels.all().stream().map(KernelCase::name).toList() : names);
  }

  /** Which kernels were compiled, and none by C1. */
  private static Set<String> compiled(Output output) {
    assertThat(output.results()).isNotEmpty().allMatch(line -> line.endsWith(" ok"));
    var compiled = new TreeSet<String>();
    for (String line : output.errors()) {
      var compilation = COMPILATION.matcher(line);
      if (compilation.matches()) {
        assertThat(compilation.group(1)).as("tier of " + line).isEqualTo("4");
        compiled.add(compilation.group(2));
      }
    }
    return compiled;
  }

  static Stream<KernelCase> all() {
    return SameBitsTest.all();
  }

  /**
   * Each kernel in a JVM of its own: the JIT does not always keep vectors in registers once it has
   * seen many kinds of them.
   *
   * <p>Not among the tests that must pass: Dropout, whose nest is near what the JIT inlines, has
   * been seen to allocate 66 KB a launch.
   */
  @ParameterizedTest
  @MethodSource("all")
  @Tag("allocation")
  void aWarmKernelAllocatesNothing(KernelCase kernelCase) throws Exception {
    String bits = "" + VectorSupport.preferredBits();
    Output output =
        fork(
            Stream.concat(FLAGS.stream(), JIT.stream()),
            "allocation",
            bits,
            "2",
            kernelCase.name());
    assertThat(output.results()).containsExactly(kernelCase.name() + " ok");
  }

  @Test
  void withoutTheFlagsKernelsGiveTheSameBitsAndOneLineNamesTheFlag() throws Exception {
    Output with = fork(FLAGS.stream(), "bits");
    Output without = fork(Stream.of(), "bits");
    assertThat(with.results()).hasSameSizeAs(SameBitsTest.all().toList());
    assertThat(without.results()).isEqualTo(with.results());
    assertThat(without.errors())
        .singleElement()
        .asString()
        .startsWith("kiln: ")
        .contains("--add-modules jdk.incubator.vector");
  }

  private Output fork(Stream<String> flags, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    flags.forEach(command::add);
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.add(RulesProcess.class.getName());
    command.addAll(List.of(arguments));
    Path results = folder.resolve("results");
    Path errors = folder.resolve("errors");
    var builder = new ProcessBuilder(command);
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().remove("JDK_JAVA_OPTIONS");
    builder.environment().put("KILN_CACHE", cache == null ? "off" : "on");
    builder.environment().put("KILN_CACHE_DIR", String.valueOf(cache));
    Process process =
        builder.redirectOutput(results.toFile()).redirectError(errors.toFile()).start();
    int exit = process.waitFor();
    var output = new Output(Files.readAllLines(results), Files.readAllLines(errors));
    assertThat(exit).as("exit code; standard error: %s", output.errors()).isZero();
    return output;
  }
}
