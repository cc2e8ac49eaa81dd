package dev.kiln.runtime.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CpuCachesTest {
  @TempDir Path folder;

  private void cache(String index, String size) throws IOException {
    Files.writeString(Files.createDirectory(folder.resolve(index)).resolve("size"), size);
  }

  @Test
  void theLargestCacheCounts() throws IOException {
    cache("index0", "32K\n");
    cache("index2", "1024K\n");
    cache("index3", "32M\n");
    assertThat(CpuCaches.largest(folder)).isEqualTo(32 << 20);
  }

  @Test
  void withoutNewsASizeIsAssumed() throws IOException {
    assertThat(CpuCaches.largest(folder.resolve("missing"))).isEqualTo(CpuCaches.ASSUMED);
    cache("index0", "much");
    assertThat(CpuCaches.largest(folder)).isEqualTo(CpuCaches.ASSUMED);
  }
}
