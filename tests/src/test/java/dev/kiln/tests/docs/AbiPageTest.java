package dev.kiln.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs of {@code docs/abi.md} compile, where there is something to compile them with. */
class AbiPageTest {
  private static final Path PAGE = Path.of("..", "docs", "abi.md");

  @TempDir private Path folder;

  @Test
  void theProgramCompilesAgainstTheDriversHeader() throws Exception {
    Optional<Path> nvcc = program("nvcc");
    assumeTrue(nvcc.isPresent(), "nvcc is not on the PATH");
    Path file = folder.resolve("add.cpp");
    Files.writeString(file, block("cpp"));
    run(nvcc.get().toString(), "-c", "-o", folder.resolve("add.o").toString(), file.toString());
    assertThat(folder.resolve("add.o")).exists();
  }

  @Test
  void theScriptCompiles() throws Exception {
    Optional<Path> python = program("python3");
    assumeTrue(python.isPresent(), "python3 is not on the PATH");
    Path file = folder.resolve("add.py");
    Files.writeString(file, block("python"));
    run(python.get().toString(), "-m", "py_compile", file.toString());
  }

  private static String block(String language) throws IOException {
    Matcher matcher =
        Pattern.compile("```" + language + "\\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(PAGE));
    assertThat(matcher.find()).as("a block of " + language).isTrue();
    return matcher.group(1);
  }

  private static Optional<Path> program(String name) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .map(entry -> Path.of(entry, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static void run(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s: %s", List.of(command), text).isZero();
  }
}
