package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kiln.runtime.sim.PtxModule;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The PTX beside each CUDA file. Where nvcc is on the PATH, it is what nvcc makes of the file now;
 * {@code -Dkiln.update=true} rewrites it.
 */
class KeptPtxTest {
  private static final Path SOURCES = Path.of("src/test/resources/cuda");
  private static final Path TESTS = Path.of("src/test/java/dev/kiln/tests/sim");

  /** The first line of each file. */
  private static final Pattern ARCHITECTURE = Pattern.compile("// nvcc -arch=(\\w+)");

  /** Which nvcc made a text: another one may well make another. */
  private static final Pattern RELEASE = Pattern.compile("// Cuda compilation tools, (.*)");

  /** nvcc derives eight digits in the names of a file's own symbols from the folder it lies in. */
  private static final Pattern FOLDER = Pattern.compile("(_INTERNAL_|_GLOBAL__N__)[0-9a-f]{8}_");

  @TempDir Path made;

  static List<String> files() throws IOException {
    try (Stream<Path> all = Files.list(SOURCES)) {
      return all.map(path -> path.getFileName().toString())
          .filter(name -> name.endsWith(".cu"))
          .map(name -> name.substring(0, name.length() - 3))
          .sorted()
          .toList();
    }
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("files")
  void isWhatNvccMakes(String file) throws Exception {
    Path ptx = made.resolve(file + ".ptx");
    run(
        "nvcc",
        "-arch=" + architecture(file),
        "-std=c++17",
        "-O3",
        "-ptx",
        "-o",
        ptx,
        file + ".cu");
    String text = FOLDER.matcher(Files.readString(ptx)).replaceAll("$100000000_");
    Path kept = SOURCES.resolve(file + ".ptx");
    if (Boolean.getBoolean("kiln.update")) {
      Files.writeString(kept, text);
    }
    String release = release(ptx);
    assumeTrue(release.equals(release(kept)), kept + " was not made by the nvcc here, " + release);
    assertThat(Files.readString(kept))
        .as(kept + " is stale: run this test with -Dkiln.update=true")
        .isEqualTo(text);
  }

  @Tag("slow")
  @ParameterizedTest
  @MethodSource("files")
  void isAssembledByPtxas(String file) throws Exception {
    Path cubin = made.resolve(file + ".cubin");
    run("ptxas", "-arch=" + architecture(file), "-o", cubin, file + ".ptx");
    assertThat(cubin).isNotEmptyFile();
  }

  @ParameterizedTest
  @MethodSource("files")
  void holdsNothingThatTheSimulatorDoesNotKnow(String file) throws IOException {
    PtxModule module = PtxModule.load(SOURCES.resolve(file + ".ptx"));
    assertThat(module.unsupported()).isEmpty();
    assertThat(module.entries()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyEntryIsLaunchedByATest(String file) throws IOException {
    String tests;
    try (Stream<Path> all = Files.walk(TESTS)) {
      tests =
          all.filter(path -> path.toString().endsWith("Test.java"))
              .map(KeptPtxTest::text)
              .collect(Collectors.joining());
    }
    List<String> entries = PtxModule.load(SOURCES.resolve(file + ".ptx")).entries();
    assertThat(entries.stream().filter(entry -> !names(tests, entry)).toList()).isEmpty();
  }

  private static boolean names(String tests, String entry) {
    return Pattern.compile('"' + entry + "\\b").matcher(tests).find();
  }

  private static String architecture(String file) throws IOException {
    String line = Files.readAllLines(SOURCES.resolve(file + ".cu")).getFirst();
    Matcher matcher = ARCHITECTURE.matcher(line);
    assertThat(matcher.matches()).as("the first line of " + file + ".cu: " + line).isTrue();
    return matcher.group(1);
  }

  private static String release(Path ptx) throws IOException {
    Matcher matcher = RELEASE.matcher(Files.readString(ptx));
    return matcher.find() ? matcher.group(1) : "unknown";
  }

  private static String text(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Runs a tool among the sources; the test is skipped where there is none. */
  private static void run(Object... command) throws IOException, InterruptedException {
    String tool = command[0].toString();
    assumeTrue(
        Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool))),
        "there is no " + tool + " on the PATH");
    Process process =
        new ProcessBuilder(Arrays.stream(command).map(Object::toString).toList())
            .directory(SOURCES.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes());
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(output).isZero();
  }
}
