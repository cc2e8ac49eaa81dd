package dev.kiln.runtime.cache;

import dev.kiln.runtime.cache.CacheEntry.Kind;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * What was compiled before, on disk. It saves time and nothing else: whatever goes wrong with it is
 * a miss, and told once. Thread-safe.
 */
public final class CompileCache {
  /** The folder is looked over when this part of its limit has been written. */
  private static final int TRIM_PARTS = 16;

  private static volatile CompileCache shared;

  private final CacheSettings settings;
  private final CacheFolder folder;
  private final Consumer<String> warnings;
  private boolean warned;
  private boolean writable = true;
  private long untilTrim;

  /**
   * @param warnings receives one line at most
   */
  public CompileCache(CacheSettings settings, Consumer<String> warnings) {
    this(settings, settings.folder().map(CacheFolder::new).orElse(null), warnings);
  }

  CompileCache(CacheSettings settings, CacheFolder folder, Consumer<String> warnings) {
    this.settings = settings;
    this.folder = folder;
    this.warnings = warnings;
    // By chance, so that of many processes that write little one looks over the folder in time, and
    // not each of them: with thousands of files that takes a tenth of a second.
    long part = Math.max(1, settings.bytes() / TRIM_PARTS);
    this.untilTrim = Math.floorMod(System.nanoTime() / 1000, part);
  }

  /** The cache of this process, as its {@link CacheSettings} say. */
  public static CompileCache shared() {
    CompileCache cache = shared;
    if (cache == null) {
      synchronized (CompileCache.class) {
        cache = shared;
        if (cache == null) {
          cache = new CompileCache(CacheSettings.ofProcess(), CompileCache::printWarning).checked();
          shared = cache;
        }
      }
    }
    return cache;
  }

  /** Puts another cache in the place of {@link #shared}, and returns that; for tests. */
  public static synchronized CompileCache share(CompileCache cache) {
    CompileCache before = shared();
    shared = cache;
    return before;
  }

  private static void printWarning(String message) {
    System.err.println("kiln: " + message);
  }

  private CompileCache checked() {
    boolean wanted = !settings.remark().startsWith("turned off");
    if (wanted && !settings.remark().isEmpty()) {
      warn((isOn() ? "compile cache: " : "the compile cache is off: ") + settings.remark());
    }
    return this;
  }

  public CacheSettings settings() {
    return settings;
  }

  /** Whether there is a folder to read from and the compiler's version is known. */
  public boolean isOn() {
    return folder != null && CompilerVersion.bytes().length > 0;
  }

  /** The payload for a key. */
  Optional<byte[]> read(Kind kind, byte[] key) {
    return isOn() ? folder.read(kind, key) : Optional.empty();
  }

  /** Keeps a payload, where that is possible. */
  void write(CacheEntry entry) {
    if (!isOn() || !isWritable()) {
      return;
    }
    try {
      wrote(folder.write(entry));
    } catch (IOException | RuntimeException e) {
      // On Windows an entry cannot be replaced while another process reads it; then it is there.
      if (folder.read(entry.kind(), entry.key()).isEmpty()) {
        stopWriting(e);
      }
    }
  }

  private synchronized boolean isWritable() {
    return writable;
  }

  private synchronized void stopWriting(Exception cause) {
    writable = false;
    warn(
        "what is compiled is not kept: cannot write to the cache %s: %s"
            .formatted(folder.path(), cause.getMessage()));
  }

  private synchronized void warn(String message) {
    if (!warned) {
      warned = true;
      warnings.accept(message);
    }
  }

  private synchronized void wrote(long bytes) {
    untilTrim -= bytes;
    if (untilTrim < 0) {
      untilTrim = settings.bytes() / TRIM_PARTS;
      folder.trim(settings.bytes() - untilTrim);
    }
  }

  /** What {@code kiln cache list} shows of one entry. */
  public record Listed(
      String kind, String label, String target, long bytes, long lastUseMillis, String file) {}

  /** All whole entries, the one used last first. */
  public List<Listed> list() {
    List<Listed> entries = new ArrayList<>();
    if (folder != null) {
      for (CacheFolder.Stored stored : folder.files()) {
        if (stored.isEntry()) {
          folder
              .open(stored)
              .ifPresent(
                  entry ->
                      entries.add(
                          new Listed(
                              entry.kind().label(),
                              entry.label(),
                              entry.target(),
                              stored.bytes(),
                              stored.lastUse(),
                              stored.file().getName())));
        }
      }
    }
    return entries;
  }

  /** Removes all entries; returns their number. */
  public int clear() {
    return folder == null ? 0 : folder.clear();
  }

  /** The folder, which need not exist. */
  public Optional<File> path() {
    return settings.folder();
  }
}
