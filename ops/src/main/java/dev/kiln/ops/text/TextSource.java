package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Reads text files, UTF-8. */
public final class TextSource {
  private TextSource() {}

  /**
   * A file, or all files of a folder and its folders, in the order of their names, hidden ones left
   * out.
   *
   * @param limit most bytes; what is beyond is left out, at the end of a file or of a line
   * @throws KilnException if there is no such file, one is no UTF-8, or all are empty
   */
  public static String read(Path place, long limit) {
    if (!Files.exists(place)) {
      throw new KilnException(place + ": there is no such file or folder");
    }
    var text = new LimitedText(limit);
    for (Path file : files(place)) {
      if (!text.add(text(bytes(file), file.toString()))) {
        break;
      }
    }
    return text.required(place.toString());
  }

  private static List<Path> files(Path place) {
    if (!Files.isDirectory(place)) {
      return List.of(place);
    }
    try (Stream<Path> found = Files.walk(place)) {
      return found
          .filter(Files::isRegularFile)
          .filter(f -> !hidden(place.relativize(f)))
          .sorted((a, b) -> a.toString().compareTo(b.toString()))
          .toList();
    } catch (IOException e) {
      throw new KilnException(place + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static boolean hidden(Path file) {
    for (Path part : file) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException | OutOfMemoryError e) {
      throw new KilnException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** Decodes UTF-8; refuses what is none, with the place. */
  static String text(byte[] bytes, String name) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(in).toString();
    } catch (CharacterCodingException e) {
      throw new KilnException(
          "%s: is no UTF-8 text, from byte %,d on".formatted(name, in.position()), e);
    }
  }
}
