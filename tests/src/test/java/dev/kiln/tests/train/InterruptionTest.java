package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Processes of {@code kiln train} that are killed at random points and resumed end with the files
 * of one that was left alone, byte for byte.
 */
class InterruptionTest {
  private static final int STEPS = 40;
  private static final List<String> FILES =
      List.of("steps.csv", "validations.csv", "model.safetensors", "best.safetensors");

  @TempDir Path folder;
  private List<String> gpt;
  private List<String> classify;
  private List<String> mnist;

  @BeforeEach
  void writeText() throws IOException {
    Path text = folder.resolve("text.txt");
    Files.writeString(text, "one two three four five six seven eight nine ten\n".repeat(100));
    String schedule = " --steps %d --checkpoint-every 2 --validate-every 7".formatted(STEPS);
    gpt =
        words(
            "gpt --data %s --tokenizer char --layers 1 --width 16 --heads 2 --context 16 --dropout 0.1 --validation-batches 2 --sample-tokens 4 --accumulate 2 --average 0.9"
                    .formatted(text)
                + schedule);
    classify =
        words(
            "classify --data ../examples/grains.csv --target grain --hidden 8 --dropout 0.1"
                + " --accumulate 2 --average 0.9"
                + schedule);
    mnist = words("mnist --hidden 16 --batch 32 --precision fp16" + schedule);
  }

  private static List<String> words(String line) {
    return List.of(line.split(" "));
  }

  @Test
  void aRunThatIsKilledThreeTimesEndsAsOneThatWasNot() throws Exception {
    compare(classify, 3, 1);
  }

  @Test
  @Tag("slow")
  void aGptThatIsKilledTwentyTimesEndsAsOneThatWasNot() throws Exception {
    compare(gpt, 20, 2);
  }

  @Test
  @Tag("slow")
  void aClassifierThatIsKilledTwentyTimesEndsAsOneThatWasNot() throws Exception {
    compare(mnist, 20, 3);
  }

  @Test
  void aProcessThatIsAskedToEndWritesACheckpointFirst() throws Exception {
    Path place = folder.resolve("asked");
    Process process = start(line(longer(classify), "--out", place));
    awaitSteps(process, place, 3);
    process.destroy();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(process.exitValue()).as(log()).isEqualTo(128 + 15);
    long done = steps(place);
    assertThat(place.resolve("checkpoints/step-%08d.checkpoint.safetensors".formatted(done)))
        .as("done %d", done)
        .isNotEmptyFile();
    assertThat(log()).contains("stopped: the process was asked to end");
  }

  /** With so many steps that it does not end by itself. */
  private static List<String> longer(List<String> workload) {
    var line = new ArrayList<>(workload);
    line.set(line.indexOf("--steps") + 1, "100000");
    return line;
  }

  private void compare(List<String> workload, int kills, long seed) throws Exception {
    Path whole = folder.resolve("whole");
    Path parts = folder.resolve("parts");
    finish(start(line(workload, "--out", whole)));
    var random = new Random(seed);
    List<String> resumed = line(workload.subList(0, 1), "--resume", parts);
    Process process = start(line(workload, "--out", parts));
    for (int kill = 0; kill < kills; kill++) {
      long at = Math.min(STEPS - 2, steps(parts) + random.nextInt(1 + 2 * STEPS / kills));
      awaitSteps(process, parts, Math.max(1, at));
      Thread.sleep(0, random.nextInt(900_000));
      process.destroyForcibly().waitFor();
      process = start(resumed);
    }
    finish(process);
    for (String file : FILES) {
      assertThat(parts.resolve(file)).as(file).hasSameBinaryContentAs(whole.resolve(file));
    }
  }

  private static List<String> line(List<String> workload, String option, Path place) {
    var line = new ArrayList<>(workload);
    line.add(option);
    line.add(place.toString());
    return line;
  }

  private Process start(List<String> arguments) throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                // Kernels are too small to share, and are compiled soon, as by the launcher.
                "-XX:ActiveProcessorCount=1",
                "-XX:CompileCommand=quiet",
                "-XX:CompileCommand=CompileThresholdScaling,dev.kiln.generated.*::*,0.001",
                "-Dkiln.cache=on",
                "-Dkiln.cache.dir=" + folder.resolve("cache"),
                "-cp",
                System.getProperty("java.class.path"),
                "dev.kiln.cli.KilnCommand",
                "train"));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log.txt").toFile()))
        .start();
  }

  private void finish(Process process) throws Exception {
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).as(log()).isTrue();
    assertThat(process.exitValue()).as(log()).isZero();
  }

  private String log() throws IOException {
    return Files.readString(folder.resolve("log.txt"));
  }

  /** Waits until so many steps are written down. */
  private void awaitSteps(Process process, Path place, long steps) throws Exception {
    while (process.isAlive() && steps(place) < steps) {
      Thread.sleep(1);
    }
    assertThat(process.isAlive()).as("has ended: " + log()).isTrue();
  }

  /** Steps in the table; 0 while there is none. */
  private static long steps(Path place) throws IOException {
    Path table = place.resolve("steps.csv");
    if (!Files.exists(table)) {
      return 0;
    }
    List<String> rows = Files.readAllLines(table);
    return rows.size() < 2 ? 0 : Long.parseLong(rows.getLast().split(",")[0]);
  }
}
