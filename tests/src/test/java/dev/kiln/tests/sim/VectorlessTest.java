package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The simulator in JVMs with and without the Vector API. */
class VectorlessTest {
  @TempDir Path folder;

  @Test
  void kernelsGiveTheSameBitsWithoutTheVectorApi() throws Exception {
    List<String> with = run("--add-modules", "jdk.incubator.vector");
    assertThat(with).hasSize(7);
    assertThat(run()).isEqualTo(with);
  }

  private List<String> run(String... flags) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(flags));
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.add(BitsProcess.class.getName());
    Path results = folder.resolve("results");
    Path errors = folder.resolve("errors");
    var builder = new ProcessBuilder(command);
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().remove("JDK_JAVA_OPTIONS");
    int exit =
        builder.redirectOutput(results.toFile()).redirectError(errors.toFile()).start().waitFor();
    assertThat(exit).as("exit code; standard error: %s", Files.readString(errors)).isZero();
    return Files.readAllLines(results);
  }
}
