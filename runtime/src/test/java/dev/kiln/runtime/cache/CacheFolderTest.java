package dev.kiln.runtime.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.cache.CacheEntry.Kind;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheFolderTest {
  private static final byte[] KEY = {1, 2, 3};
  private static final byte[] PAYLOAD = {7, 8, 9, 10};

  @TempDir Path parent;

  private CacheFolder folder() {
    return new CacheFolder(parent.resolve("cache").toFile());
  }

  private static CacheEntry entry(byte[] key, byte[] payload) {
    return new CacheEntry(Kind.KERNEL, "scale", "cpu 256", key, payload);
  }

  private static Path fileOf(CacheFolder folder, byte[] key) {
    return folder.path().toPath().resolve(CacheEntry.fileName(Kind.KERNEL, key));
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    CacheFolder folder = folder();
    folder.write(entry(KEY, PAYLOAD));
    assertThat(new CacheFolder(folder.path()).read(Kind.KERNEL, KEY)).contains(PAYLOAD);
    assertThat(folder.read(Kind.KERNEL, new byte[] {1, 2, 4})).isEmpty();
    assertThat(folder.read(Kind.MODULE, KEY)).isEmpty();
  }

  @Test
  void anEntryCutShortAnywhereIsAMissAndIsRemoved() throws IOException {
    CacheFolder folder = folder();
    folder.write(entry(KEY, PAYLOAD));
    Path file = fileOf(folder, KEY);
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertThat(folder.read(Kind.KERNEL, KEY)).as("%d bytes", length).isEmpty();
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void anEntryWithAnyBitChangedIsAMissAndIsRemoved() throws IOException {
    CacheFolder folder = folder();
    folder.write(entry(KEY, PAYLOAD));
    Path file = fileOf(folder, KEY);
    byte[] whole = Files.readAllBytes(file);
    for (int bit = 0; bit < 8 * whole.length; bit++) {
      byte[] damaged = whole.clone();
      damaged[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(file, damaged);
      assertThat(folder.read(Kind.KERNEL, KEY)).as("bit %d", bit).isEmpty();
      assertThat(file).doesNotExist();
    }
  }

  @Test
  void anEntryOfAnotherKeyUnderTheSameNameIsAMiss() throws IOException {
    CacheFolder folder = folder();
    folder.write(entry(KEY, PAYLOAD));
    byte[] other = {4, 5};
    Files.move(fileOf(folder, KEY), fileOf(folder, other));
    assertThat(folder.read(Kind.KERNEL, other)).isEmpty();
  }

  @Test
  void theEntriesThatWereNotUsedForLongestAreEvicted() throws IOException {
    CacheFolder folder = folder();
    List<Path> files = new ArrayList<>();
    long size = 0;
    for (byte i = 0; i < 10; i++) {
      byte[] key = {i};
      size = folder.write(entry(key, PAYLOAD));
      files.add(fileOf(folder, key));
      assertThat(files.getLast().toFile().setLastModified(1_000_000_000L + i * 10_000)).isTrue();
    }
    assertThat(folder.read(Kind.KERNEL, new byte[] {2})).isPresent();
    assertThat(folder.trim(4 * size)).isEqualTo(4 * size);
    List<Integer> kept = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      if (Files.exists(files.get(i))) {
        kept.add(i);
      }
    }
    assertThat(kept).containsExactly(2, 7, 8, 9);
  }

  @Test
  void temporaryFilesOfDeadWritersAreSweptAndThoseOfLiveOnesAreNot() throws IOException {
    CacheFolder folder = folder();
    folder.write(entry(KEY, PAYLOAD));
    Path old = Files.write(folder.path().toPath().resolve("123-1-1.new"), new byte[100]);
    Path fresh = Files.write(folder.path().toPath().resolve("123-1-2.new"), new byte[100]);
    long past = System.currentTimeMillis() - CacheFolder.STALE_MILLIS - 1000;
    assertThat(old.toFile().setLastModified(past)).isTrue();
    folder.trim(1 << 20);
    assertThat(old).doesNotExist();
    assertThat(fresh).exists();
    assertThat(folder.read(Kind.KERNEL, KEY)).isPresent();
  }

  @Test
  void clearingRemovesWhatTheCacheWroteAndNothingElse() throws IOException {
    CacheFolder folder = folder();
    folder.write(entry(KEY, PAYLOAD));
    folder.write(entry(PAYLOAD, KEY));
    Path other = Files.writeString(folder.path().toPath().resolve("notes.txt"), "mine");
    assertThat(folder.clear()).isEqualTo(2);
    assertThat(other).exists();
    Files.delete(other);
    folder.clear();
    assertThat(folder.path()).doesNotExist();
  }

  @Test
  void clearingLeavesAFileInThePlaceOfTheFolderAlone() throws IOException {
    Path file = Files.writeString(parent.resolve("cache"), "mine");
    assertThat(folder().clear()).isZero();
    assertThat(file).hasContent("mine");
  }

  @Test
  void onlyTheOwnerMayEnterTheFolder() throws IOException {
    CacheFolder folder = folder();
    folder.write(entry(KEY, PAYLOAD));
    File path = folder.path();
    if (Files.getFileStore(path.toPath()).supportsFileAttributeView("posix")) {
      assertThat(Files.getPosixFilePermissions(path.toPath())).hasSize(3);
    }
  }
}
