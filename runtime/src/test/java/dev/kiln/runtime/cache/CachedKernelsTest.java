package dev.kiln.runtime.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What makes a launch find what was compiled before, and what makes it compile anew. */
class CachedKernelsTest {
  private static final String SOURCE =
      """
      import triton
      import triton.language as tl
      from helper import twice

      FACTOR: tl.constexpr = tl.constexpr(3)
      OTHER: tl.constexpr = tl.constexpr(5)

      @triton.jit
      def unrelated(x):
          return x * OTHER

      @triton.jit
      def scale(x_ptr, n, BLOCK: tl.constexpr = 16):
          offsets = tl.arange(0, BLOCK)
          x = tl.load(x_ptr + offsets, mask=offsets < n)
          tl.store(x_ptr + offsets, twice(x) * FACTOR, mask=offsets < n)
      """;

  private static final String HELPER =
      """
      import triton

      @triton.jit
      def twice(x):
          return x * 2
      """;

  @TempDir Path folder;

  private final List<String> warnings = new ArrayList<>();
  private CompileCache before;
  private CompileCache cache;

  @BeforeEach
  void useOwnCache() {
    cache =
        new CompileCache(
            CacheSettings.in(folder.resolve("cache").toFile(), 1 << 24), warnings::add);
    before = CompileCache.share(cache);
  }

  @AfterEach
  void giveBack() throws InterruptedException {
    CompileCache.share(before);
    awaitPreparation();
  }

  /** Kernels are prepared beside the test, and may be written to the folder that goes with it. */
  static void awaitPreparation() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("kiln-prepare")) {
        thread.join();
      }
    }
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  /** Loads the file anew, launches on 1, and returns the result. */
  private static double launch(Path file) {
    return launch(file, Devices.cpu());
  }

  private static double launch(Path file, Device device) {
    try (NdArray x = NdArray.of(device, new float[] {1})) {
      Launch launch = KernelModule.load(file).kernel("scale").on(device);
      launch.grid(1).launch(x, 1L);
      return x.toFloats()[0];
    }
  }

  private long count(String kind) {
    return cache.list().stream().filter(entry -> entry.kind().equals(kind)).count();
  }

  private long kernels() {
    return count("kernel");
  }

  @Test
  void ptxIsKeptByTargetAndByTheLinesThatItTells() throws IOException {
    write("helper.py", HELPER);
    Path file = write("scale.py", SOURCE);
    for (Target target : List.of(Target.SM_80, Target.SM_90A)) {
      try (var device = new SimDevice(SimOptions.standard().withTarget(target))) {
        assertThat(launch(file, device)).isEqualTo(6);
        assertThat(launch(file, device)).isEqualTo(6);
      }
    }
    assertThat(cache.list()).extracting(CompileCache.Listed::target).contains("sm_80", "sm_90a");
    assertThat(kernels()).isEqualTo(2);
    write("scale.py", "\n" + SOURCE);
    try (var device = new SimDevice()) {
      assertThat(launch(file, device)).isEqualTo(6);
    }
    assertThat(kernels()).isEqualTo(3);
  }

  @Test
  void theSecondLaunchCompilesNothing() throws IOException {
    write("helper.py", HELPER);
    Path file = write("scale.py", SOURCE);
    assertThat(launch(file)).isEqualTo(6);
    assertThat(cache.list())
        .extracting(CompileCache.Listed::kind)
        .containsExactlyInAnyOrder("module", "kernel", "starter");
    List<CompileCache.Listed> first = cache.list();
    assertThat(launch(file)).isEqualTo(6);
    assertThat(cache.list())
        .extracting(CompileCache.Listed::file)
        .containsExactlyInAnyOrderElementsOf(
            first.stream().map(CompileCache.Listed::file).toList());
  }

  @Test
  void aKernelThatMovesDownByACommentIsFound() throws IOException {
    write("helper.py", HELPER);
    Path file = write("scale.py", SOURCE);
    launch(file);
    write("helper.py", "# one\n\n# two\n" + HELPER.replace("return", "# three\n    return"));
    write("scale.py", "\"\"\"Of this file.\"\"\"\n# more\n" + SOURCE + "\n# end\n");
    assertThat(launch(file)).isEqualTo(6);
    assertThat(kernels()).isEqualTo(1);
  }

  @Test
  void aChangeOfWhatTheKernelDoesNotReachIsFound() throws IOException {
    write("helper.py", HELPER + "\n\nUNUSED = 7\n");
    Path file = write("scale.py", SOURCE);
    launch(file);
    write("helper.py", HELPER + "\n\nUNUSED = 8\n");
    write("scale.py", SOURCE.replace("constexpr(5)", "constexpr(6)").replace("x * OTHER", "x"));
    assertThat(launch(file)).isEqualTo(6);
    assertThat(kernels()).isEqualTo(1);
  }

  @Test
  void aChangeOfTheKernelAGlobalOrAnImportedFunctionIsCompiled() throws IOException {
    write("helper.py", HELPER);
    Path file = write("scale.py", SOURCE);
    assertThat(launch(file)).isEqualTo(6);
    write("scale.py", SOURCE.replace("constexpr(3)", "constexpr(4)"));
    assertThat(launch(file)).isEqualTo(8);
    write("helper.py", HELPER.replace("* 2", "* 7"));
    assertThat(launch(file)).isEqualTo(28);
    write("scale.py", SOURCE.replace("twice(x) *", "twice(x) +"));
    assertThat(launch(file)).isEqualTo(10);
    assertThat(kernels()).isEqualTo(4);
  }

  @Test
  void anImportThatAppearsIsSeen() throws IOException {
    Files.createDirectories(folder.resolve("inner"));
    write("helper.py", HELPER);
    Path file = write("inner/scale.py", SOURCE);
    assertThat(launch(file)).isEqualTo(6);
    // The search for imports begins beside the file.
    write("inner/helper.py", HELPER.replace("* 2", "* 5"));
    assertThat(launch(file)).isEqualTo(15);
  }

  @Test
  void damagedEntriesAreRebuilt() throws IOException {
    write("helper.py", HELPER);
    Path file = write("scale.py", SOURCE);
    launch(file);
    for (CompileCache.Listed entry : cache.list()) {
      Path stored = folder.resolve("cache").resolve(entry.file());
      byte[] bytes = Files.readAllBytes(stored);
      bytes[bytes.length / 2] ^= 1;
      Files.write(stored, bytes);
    }
    assertThat(cache.list()).isEmpty();
    assertThat(launch(file)).isEqualTo(6);
    assertThat(cache.list()).hasSize(3);
    assertThat(warnings).isEmpty();
  }

  @Test
  void assertionsTellTheLinesOfTheFileAsItIs() throws IOException {
    String text =
        """
        import triton
        import triton.language as tl

        @triton.jit
        def scale(x_ptr, n):
            tl.device_assert(n > 100, "too few")
        """;
    Path file = write("scale.py", text);
    for (int comments = 0; comments < 2; comments++) {
      write("scale.py", "# line\n".repeat(comments) + text);
      String line = "scale.py:" + (6 + comments) + ":";
      for (int time = 0; time < 2; time++) {
        assertThatThrownBy(() -> launchDebugging(file))
            .isInstanceOf(LaunchException.class)
            .hasMessageContaining(line);
      }
    }
    assertThat(kernels()).isEqualTo(2);
  }

  private static void launchDebugging(Path file) {
    Device device = Devices.cpu();
    try (NdArray x = NdArray.of(device, new float[] {1})) {
      KernelModule.load(file).kernel("scale").on(device).debug(true).grid(1).launch(x, 2L);
    }
  }

  @Test
  void aKernelThatPrintsWhenCompiledPrintsInEachProcess() throws IOException {
    Path file =
        write(
            "scale.py",
            """
            import triton
            import triton.language as tl

            @triton.jit
            def scale(x_ptr, n):
                tl.static_print("compiling")
                tl.store(x_ptr, 1.0)
            """);
    for (int time = 0; time < 2; time++) {
      List<String> printed = new ArrayList<>();
      Device device = Devices.cpu();
      try (NdArray x = NdArray.zeros(device, DType.FP32, 1)) {
        KernelModule module = KernelModule.load(file).outputTo(printed::add);
        module.kernel("scale").on(device).grid(1).launch(x, 2L);
      }
      assertThat(printed).containsExactly("compiling");
    }
    assertThat(kernels()).isZero();
  }

  @Test
  void constantsOfDifferentKindsMakeDifferentKernels() throws IOException {
    Path file =
        write(
            "scale.py",
            """
            import triton
            import triton.language as tl

            @triton.jit
            def scale(x_ptr, WHAT: tl.constexpr):
                if WHAT is None:
                    tl.store(x_ptr, -1.0)
                else:
                    tl.store(x_ptr, 7 / WHAT)
            """);
    Device device = Devices.cpu();
    try (NdArray x = NdArray.zeros(device, DType.FP32, 1)) {
      for (int time = 0; time < 2; time++) {
        for (Object value : new Object[] {2L, 2.0, null}) {
          Launch launch = KernelModule.load(file).kernel("scale").on(device).grid(1);
          launch.launch(x, value);
          assertThat(x.toFloats()[0]).isEqualTo(value == null ? -1f : 3.5f);
        }
      }
    }
    assertThat(kernels()).isEqualTo(3);
  }

  @Test
  void syntaxIsThereForThoseWhoAsk() throws IOException {
    write("helper.py", HELPER);
    Path file = write("scale.py", SOURCE);
    launch(file);
    KernelModule module = KernelModule.load(file);
    assertThat(module.functionNames()).containsExactly("unrelated", "scale");
    assertThat(module.kernel("scale").parameters()).hasSize(3);
    assertThat(module.kernel("scale").declaration().constants()).containsExactly("BLOCK");
    assertThat(module.file().statements()).isNotEmpty();
  }
}
