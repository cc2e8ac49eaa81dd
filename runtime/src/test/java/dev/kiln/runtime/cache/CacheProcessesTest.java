package dev.kiln.runtime.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.jvm.JitDirectives;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many processes on one cache, some of which are killed. */
class CacheProcessesTest {
  /** Room for a third of the kernels. */
  private static final long LIMIT = 60_000;

  /** An entry of a kernel and the entry of its file. */
  private static final long LARGEST_WRITE = 12_000;

  @TempDir Path folder;

  private final List<Process> running = new ArrayList<>();
  private int started;

  private void start(int launches) throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    var command =
        new ArrayList<String>(
            List.of(
                java.toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx96m",
                "--add-modules",
                "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path")));
    command.addAll(1, JitDirectives.FLAGS);
    command.add(CacheHammer.class.getName());
    command.addAll(List.of(cache().toString(), "" + LIMIT, "" + launches, "" + (1000 + started++)));
    Path errors = folder.resolve("errors" + started);
    running.add(
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(errors.toFile())
            .start());
  }

  private Path cache() {
    return folder.resolve("cache");
  }

  /** Runs processes, kills some of them at random times and starts others in their place. */
  private void hammer(int processes, int kills, int launches) throws Exception {
    var random = new Random(1);
    for (int i = 0; i < processes; i++) {
      start(launches);
    }
    for (int i = 0; i < kills; i++) {
      Thread.sleep(random.nextInt(200));
      Process victim = running.remove(random.nextInt(running.size()));
      victim.destroyForcibly().waitFor();
      start(launches);
    }
    for (Process process : running) {
      assertThat(process.waitFor(10, TimeUnit.MINUTES)).as("ends").isTrue();
      assertThat(process.exitValue()).as("%s", errors()).isZero();
    }
    assertThat(errors()).isEmpty();
    checkFolder(processes, kills);
    running.clear();
    start(launches);
    assertThat(running.getFirst().waitFor()).as("%s", errors()).isZero();
  }

  private String errors() throws IOException {
    var text = new StringBuilder();
    for (int i = 1; i <= started; i++) {
      for (String line : Files.readAllLines(folder.resolve("errors" + i))) {
        if (!line.contains("incubator")) {
          text.append(line).append('\n');
        }
      }
    }
    return text.toString();
  }

  private void checkFolder(int processes, int kills) throws IOException {
    var store = new CacheFolder(cache().toFile());
    List<CacheFolder.Stored> files = store.files();
    long temporary = files.stream().filter(CacheFolder.Stored::isTemporary).count();
    long bytes =
        files.stream()
            .filter(CacheFolder.Stored::isEntry)
            .mapToLong(CacheFolder.Stored::bytes)
            .sum();
    // Each process may write a little between two looks at the folder.
    assertThat(bytes).isPositive().isLessThan(LIMIT + processes * (LIMIT / 16 + LARGEST_WRITE));
    store.trim(LIMIT);
    long left = store.files().stream().filter(CacheFolder.Stored::isTemporary).count();
    assertThat(left).as("temporary files, of %d", temporary).isLessThanOrEqualTo(kills);
    new CacheFolder(cache().toFile(), -1).trim(LIMIT);
    assertThat(store.files()).noneMatch(CacheFolder.Stored::isTemporary);
  }

  @Test
  void threeProcessesAndAKill() throws Exception {
    hammer(3, 1, 30);
  }

  @Test
  @Tag("slow")
  void thirtyTwoProcessesAndTwentyKills() throws Exception {
    hammer(32, 20, 40);
  }
}
