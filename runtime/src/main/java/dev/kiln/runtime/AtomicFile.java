package dev.kiln.runtime;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

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
    requirePlace(file);
    Path fresh = null;
    try {
      // Not createTempFile, whose files only their owner can read.
      fresh = folderOf(file).resolve(file.getFileName() + "." + UUID.randomUUID() + ".new");
      try (OutputStream out =
          new BufferedOutputStream(
              Files.newOutputStream(fresh, StandardOpenOption.CREATE_NEW), 1 << 16)) {
        content.writeTo(out);
      }
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      remove(fresh);
      throw new KilnException("cannot write " + file + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      remove(fresh);
      throw e;
    }
  }

  /**
   * Makes the folder of a file that is to be written later, so that long work does not end in a
   * file that cannot be written.
   *
   * @throws KilnException if the file is a folder, or its folder cannot be made or written to
   */
  public static void requirePlace(Path file) {
    if (Files.isDirectory(file)) {
      throw new KilnException("cannot write " + file + ": it is a folder");
    }
    Path folder = folderOf(file);
    try {
      Files.createDirectories(folder);
    } catch (FileAlreadyExistsException e) {
      throw new KilnException("cannot write " + file + ": " + e.getFile() + " is no folder", e);
    } catch (AccessDeniedException e) {
      throw new KilnException("cannot write " + file + ": no permission to make its folder", e);
    } catch (IOException e) {
      throw new KilnException("cannot write " + file + ": its folder cannot be made", e);
    }
    if (!Files.isWritable(folder)) {
      throw new KilnException("cannot write " + file + ": no permission to write to its folder");
    }
  }

  private static Path folderOf(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null) {
      throw new KilnException("cannot write " + file + ": it is a folder");
    }
    return folder;
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
