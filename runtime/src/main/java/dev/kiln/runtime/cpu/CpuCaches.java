package dev.kiln.runtime.cpu;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** How large the caches of the machine are. */
final class CpuCaches {
  /** Where Linux tells it. */
  private static final Path LINUX = Path.of("/sys/devices/system/cpu/cpu0/cache");

  /** For systems that do not tell: more than most desktop processors have. */
  static final long ASSUMED = 32 << 20;

  private static final class Machine {
    static final long LARGEST = largest(LINUX);
  }

  private CpuCaches() {}

  /** Bytes of the last-level cache that a processor sees. */
  static long largest() {
    return Machine.LARGEST;
  }

  /**
   * The largest of the sizes told in a folder's {@code index*} folders, as in 32768K.
   *
   * @return {@link #ASSUMED} if none is
   */
  static long largest(Path folder) {
    long largest = 0;
    try (DirectoryStream<Path> caches = Files.newDirectoryStream(folder, "index*")) {
      for (Path cache : caches) {
        largest = Math.max(largest, bytes(Files.readString(cache.resolve("size")).strip()));
      }
    } catch (IOException | RuntimeException e) {
      // Another system, or a container that hides it.
    }
    return largest == 0 ? ASSUMED : largest;
  }

  private static long bytes(String size) {
    int shift = 10 * (1 + "KMG".indexOf(size.charAt(size.length() - 1)));
    String number = shift == 0 ? size : size.substring(0, size.length() - 1);
    return Long.parseLong(number) << shift;
  }
}
