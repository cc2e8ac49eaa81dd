package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimModule;
import dev.kiln.runtime.sim.SimOptions;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A text that has every opcode and family of modifiers that kernels commonly use. */
class InstructionsInUseTest {
  private static final Path TEXT = Path.of("src/test/resources/sim/instructions-in-use.ptx");

  /** Entries whose every instruction is refused, but for the load of a handle and the return. */
  private static final Set<String> REFUSED = Set.of("sparse_matrices", "textures", "surfaces");

  @TempDir Path made;

  @Test
  void loadsButForTexturesSurfacesAndSparseMatrices() throws IOException {
    PtxModule module = PtxModule.load(TEXT);
    for (String entry : module.entries()) {
      if (!REFUSED.contains(entry)) {
        assertThat(module.unsupported(entry)).as(entry).isEmpty();
      }
    }
    assertThat(module.unsupported().stream().map(refused -> refused.at().line()).toList())
        .as("refused lines")
        .isEqualTo(linesOf("  mma.sp", "  tex.", "  suld.", "  sust."));
    assertThat(module.unsupported())
        .allSatisfy(
            refused ->
                assertThat(refused.message())
                    .containsAnyOf(
                        "textures and surfaces are not simulated",
                        "sparse matrices are not simulated"));
  }

  @Test
  void theOtherEntriesCanBeLaunched() throws IOException {
    PtxModule module = PtxModule.load(TEXT);
    try (SimDevice device = new SimDevice(SimOptions.standard())) {
      SimModule loaded = device.load(module);
      for (String entry : module.entries()) {
        if (!REFUSED.contains(entry)) {
          assertThat(loaded.kernel(entry)).as(entry).isNotNull();
        }
      }
    }
  }

  @Test
  void isAcceptedByPtxas() throws Exception {
    assumeTrue(hasPtxas(), "ptxas is not on the PATH");
    Path messages = made.resolve("messages");
    Process ptxas =
        new ProcessBuilder(
                "ptxas",
                "-arch=sm_90a",
                "-O0",
                "-o",
                made.resolve("cubin").toString(),
                TEXT.toString())
            .redirectErrorStream(true)
            .redirectOutput(messages.toFile())
            .start();
    assertThat(ptxas.waitFor(2, TimeUnit.MINUTES)).isTrue();
    assertThat(ptxas.exitValue()).as(() -> read(messages)).isZero();
  }

  private static List<Integer> linesOf(String... starts) throws IOException {
    List<String> lines = Files.readAllLines(TEXT);
    return IntStream.rangeClosed(1, lines.size())
        .filter(line -> Arrays.stream(starts).anyMatch(lines.get(line - 1)::startsWith))
        .boxed()
        .toList();
  }

  private static boolean hasPtxas() {
    return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, "ptxas")));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException unread) {
      return unread.toString();
    }
  }
}
