package dev.kiln.runtime.cache;

import dev.kiln.runtime.cache.CacheEntry.Kind;
import java.io.File;
import java.io.FileInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The files of a cache. Any number of processes use it at once, and none waits for another: no file
 * is locked, and none is changed once it has its name.
 *
 * <p>An entry is written under a name of its own and then renamed, which every reader sees as a
 * whole or not at all. Nothing is forced to disk: after a crash of the machine a file may be empty
 * or cut short, which its checksum tells, and then it is written anew. Two processes that write the
 * same entry write the same thing, so whose rename comes last does not matter. What was evicted
 * while it was read stays readable, or is a miss. A file that a process left behind when it was
 * killed is removed by the next {@link #trim} after {@link #STALE_MILLIS}.
 *
 * <p>The time of a file's last change is that of its last use; eviction goes by it.
 */
class CacheFolder {
  /** A temporary file of this age has no writer any more: writing takes milliseconds. */
  static final long STALE_MILLIS = 10 * 60 * 1000;

  private static final String TEMPORARY = ".new";

  /** Distinguishes the writes of this process. */
  private static final AtomicLong WRITES = new AtomicLong();

  private final File folder;
  private final long staleMillis;

  CacheFolder(File folder) {
    this(folder, STALE_MILLIS);
  }

  CacheFolder(File folder, long staleMillis) {
    this.folder = folder;
    this.staleMillis = staleMillis;
  }

  File path() {
    return folder;
  }

  /**
   * The payload for a key. An entry that is damaged is removed.
   *
   * @return empty if there is none, or it cannot be read
   */
  Optional<byte[]> read(Kind kind, byte[] key) {
    var file = new File(folder, CacheEntry.fileName(kind, key));
    byte[] bytes = contentOf(file);
    if (bytes == null) {
      return Optional.empty();
    }
    Optional<CacheEntry> entry = CacheEntry.decode(bytes);
    if (entry.isEmpty()) {
      file.delete();
      return Optional.empty();
    }
    if (!entry.get().isFor(kind, key)) {
      return Optional.empty();
    }
    file.setLastModified(System.currentTimeMillis());
    return Optional.of(entry.get().payload());
  }

  /** Null if the file cannot be read. */
  private static byte[] contentOf(File file) {
    try (var in = new FileInputStream(file)) {
      return in.readAllBytes();
    } catch (FileNotFoundException e) {
      return null;
    } catch (IOException e) {
      // Removed meanwhile on a network file system, for one.
      return null;
    }
  }

  /**
   * Writes an entry.
   *
   * @return its size in bytes
   * @throws IOException if that fails; nothing is left behind
   */
  long write(CacheEntry entry) throws IOException {
    makeFolder();
    byte[] bytes = entry.encode();
    Path target = folder.toPath().resolve(CacheEntry.fileName(entry.kind(), entry.key()));
    Path fresh =
        folder
            .toPath()
            .resolve(
                ProcessHandle.current().pid()
                    + "-"
                    + Long.toHexString(System.nanoTime())
                    + "-"
                    + WRITES.incrementAndGet()
                    + TEMPORARY);
    try {
      try (OutputStream out = create(fresh)) {
        out.write(bytes);
      }
      Files.move(
          fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException | RuntimeException e) {
      fresh.toFile().delete();
      throw e;
    }
    return bytes.length;
  }

  /** A new file to write to. */
  OutputStream create(Path file) throws IOException {
    return Files.newOutputStream(file, StandardOpenOption.CREATE_NEW);
  }

  /** Only its owner may write to it: what lies there is run. */
  private void makeFolder() throws IOException {
    if (folder.isDirectory()) {
      return;
    }
    Path path = folder.toPath();
    if (path.getParent() != null) {
      Files.createDirectories(path.getParent());
    }
    try {
      Files.createDirectories(
          path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (UnsupportedOperationException e) {
      Files.createDirectories(path);
    }
  }

  /** A file in the folder. */
  record Stored(File file, long bytes, long lastUse) {
    boolean isEntry() {
      return file.getName().endsWith(CacheEntry.SUFFIX);
    }

    boolean isTemporary() {
      return file.getName().endsWith(TEMPORARY);
    }
  }

  /** The entries, and the temporary files of writers; the one used last comes first. */
  List<Stored> files() {
    File[] found = folder.listFiles();
    List<Stored> files = new ArrayList<>();
    if (found != null) {
      for (File file : found) {
        var stored = new Stored(file, file.length(), file.lastModified());
        if (stored.isEntry() || stored.isTemporary()) {
          files.add(stored);
        }
      }
    }
    files.sort(Comparator.comparingLong(Stored::lastUse).reversed());
    return files;
  }

  /** What a stored file holds; empty if it is damaged or gone. */
  Optional<CacheEntry> open(Stored stored) {
    byte[] bytes = contentOf(stored.file());
    return bytes == null ? Optional.empty() : CacheEntry.decode(bytes);
  }

  /**
   * Removes temporary files that were left behind, then the entries that were not used for the
   * longest time until the rest takes at most {@code bytes}.
   *
   * @return how many bytes the rest takes
   */
  long trim(long bytes) {
    long now = System.currentTimeMillis();
    long kept = 0;
    for (Stored stored : files()) {
      boolean stale = stored.isTemporary() && now - stored.lastUse() > staleMillis;
      boolean evicted = stored.isEntry() && kept + stored.bytes() > bytes;
      if (!(stale || evicted) || !stored.file().delete() && stored.file().exists()) {
        kept += stored.bytes();
      }
    }
    return kept;
  }

  /**
   * Removes everything that a cache writes, and the folder if nothing else is in it.
   *
   * @return how many entries were removed
   */
  int clear() {
    int removed = 0;
    for (Stored stored : files()) {
      if (stored.file().delete() && stored.isEntry()) {
        removed++;
      }
    }
    if (folder.isDirectory()) {
      folder.delete();
    }
    return removed;
  }
}
