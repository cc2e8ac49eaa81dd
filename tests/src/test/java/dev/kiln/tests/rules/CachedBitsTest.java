package dev.kiln.tests.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.cache.CacheSettings;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Kernels that come from the compile cache give the bits of those that were compiled. */
@Isolated("one cache for each process")
class CachedBitsTest {
  private static final CpuDevice DEVICE =
      new CpuDevice(CpuOptions.ofMachine().withMemoryBytes(64L << 20));

  @TempDir Path folder;

  private CompileCache before;
  private CompileCache cache;

  @BeforeEach
  void useOwnCache() {
    var settings = CacheSettings.in(folder.resolve("cache").toFile(), 1 << 28);
    cache =
        new CompileCache(
            settings,
            warning -> {
              throw new AssertionError(warning);
            });
    before = CompileCache.share(cache);
  }

  @AfterEach
  void giveBack() throws InterruptedException {
    CompileCache.share(before);
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().equals("kiln-prepare")) {
        thread.join(); // it may write to the folder
      }
    }
  }

  @AfterAll
  static void closeDevice() {
    DEVICE.close();
  }

  static Stream<KernelCase> all() {
    return ShippedKernels.all().stream();
  }

  @ParameterizedTest
  @MethodSource("all")
  void everyShippedKernelComesBackFromTheCache(KernelCase kernelCase) {
    List<byte[]> compiled = bits(kernelCase);
    List<CompileCache.Listed> entries = cache.list();
    assertThat(entries).as("kernels in the cache").isNotEmpty();
    List<byte[]> cached = bits(kernelCase);
    assertThat(cache.list()).hasSameSizeAs(entries);
    for (int i = 0; i < compiled.size(); i++) {
      assertThat(cached.get(i)).as("array %d", i).isEqualTo(compiled.get(i));
    }
  }

  private static List<byte[]> bits(KernelCase kernelCase) {
    try (Trial trial = kernelCase.on(DEVICE)) {
      return trial.run();
    }
  }
}
