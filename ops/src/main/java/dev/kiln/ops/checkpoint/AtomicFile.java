package dev.kiln.ops.checkpoint;

import dev.kiln.runtime.KilnException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A file that is written as a whole or not at all. */
public final class AtomicFile {
  private AtomicFile() {}

  /** What is written. */
  @FunctionalInterface
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Writes beside the file, then takes its place. Makes the folder if it is missing.
   *
   * @throws KilnException if that fails; the file is as it was
   */
  public static void write(Path file, Content content) {
    Path folder = file.toAbsolutePath().getParent();
    Path fresh = null;
    try {
      Files.createDirectories(folder);
      fresh = Files.createTempFile(folder, file.getFileName().toString(), ".new");
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(fresh), 1 << 16)) {
        content.writeTo(out);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      remove(fresh);
      throw new KilnException(file + ": cannot be written: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      remove(fresh);
      throw e;
    }
  }

  private static void remove(Path fresh) {
    if (fresh != null) {
      try {
        Files.deleteIfExists(fresh);
      } catch (IOException ignored) {
        // What led here is reported; a file that stays behind does no harm.
      }
    }
  }
}
