package dev.kiln.runtime.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.cache.CacheEntry.Kind;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompileCacheTest {
  @TempDir Path parent;

  private final List<String> warnings = new ArrayList<>();

  private static CacheEntry entry(int number, int size) {
    return new CacheEntry(
        Kind.KERNEL, "k" + number, "cpu 0", new byte[] {(byte) number}, new byte[size]);
  }

  private CompileCache cache(Path folder, long bytes) {
    return new CompileCache(CacheSettings.in(folder.toFile(), bytes), warnings::add);
  }

  @Test
  void staysWithinItsLimit() throws IOException {
    Path folder = parent.resolve("cache");
    CompileCache cache = cache(folder, 20_000);
    for (int i = 0; i < 100; i++) {
      cache.write(entry(i, 1000));
      try (var files = Files.list(folder)) {
        assertThat(files.mapToLong(file -> file.toFile().length()).sum()).isLessThan(21_500);
      }
    }
    assertThat(cache.list()).hasSizeBetween(15, 19);
    assertThat(warnings).isEmpty();
  }

  @Test
  void aFolderThatCannotBeWrittenToIsToldOnce() throws IOException {
    Path file = Files.writeString(parent.resolve("file"), "no folder");
    CompileCache cache = cache(file.resolve("cache"), 1 << 20);
    cache.write(entry(1, 10));
    cache.write(entry(2, 10));
    assertThat(cache.read(Kind.KERNEL, new byte[] {1})).isEmpty();
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith("what is compiled is not kept: cannot write to the cache " + file);
  }

  /** A folder on a disk that has room for some bytes. */
  private static final class FullDisk extends CacheFolder {
    private int room;

    FullDisk(Path folder, int room) {
      super(folder.toFile());
      this.room = room;
    }

    @Override
    OutputStream create(Path file) throws IOException {
      return new FilterOutputStream(super.create(file)) {
        @Override
        public void write(byte[] bytes, int from, int length) throws IOException {
          int fits = Math.min(room, length);
          out.write(bytes, from, fits);
          room -= fits;
          if (fits < length) {
            throw new IOException("No space left on device");
          }
        }
      };
    }
  }

  @Test
  void aFullDiskIsToldOnceAndLeavesNothingHalfWritten() {
    Path folder = parent.resolve("cache");
    var settings = CacheSettings.in(folder.toFile(), 1 << 20);
    var cache = new CompileCache(settings, new FullDisk(folder, 2500), warnings::add);
    for (int i = 1; i <= 5; i++) {
      cache.write(entry(i, 1000));
    }
    assertThat(folder.toFile().list()).hasSize(2).allMatch(name -> name.endsWith(".kiln"));
    assertThat(cache.read(Kind.KERNEL, new byte[] {2})).isPresent();
    assertThat(cache.read(Kind.KERNEL, new byte[] {3})).isEmpty();
    assertThat(warnings)
        .containsExactly(
            "what is compiled is not kept: cannot write to the cache "
                + folder
                + ": No space left on device");
  }

  @Test
  void listsLabelsTargetsAndSizes() {
    CompileCache cache = cache(parent.resolve("cache"), 1 << 20);
    cache.write(entry(1, 10));
    assertThat(cache.list())
        .singleElement()
        .satisfies(
            listed -> {
              assertThat(listed.kind()).isEqualTo("kernel");
              assertThat(listed.label()).isEqualTo("k1");
              assertThat(listed.target()).isEqualTo("cpu 0");
              assertThat(listed.bytes()).isBetween(40L, 80L);
              assertThat(System.currentTimeMillis() - listed.lastUseMillis()).isLessThan(600_000);
            });
  }

  @Test
  void offMeansOff() {
    var cache = new CompileCache(CacheSettings.off("turned off by KILN_CACHE"), warnings::add);
    cache.write(entry(1, 10));
    assertThat(cache.isOn()).isFalse();
    assertThat(cache.read(Kind.KERNEL, new byte[] {1})).isEmpty();
    assertThat(cache.list()).isEmpty();
    assertThat(cache.clear()).isZero();
    assertThat(warnings).isEmpty();
  }

  @Test
  void theCompilersVersionIsKnown() {
    assertThat(CompilerVersion.text()).matches("[0-9a-f]{8}");
  }
}
