package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Reads text files, UTF-8. */
public final class TextSource {
  private static final int PIECE = 1 << 20;

  private TextSource() {}

  /**
   * A file, or all files of a folder and its folders, in the order of their names, hidden ones left
   * out.
   *
   * @param limit most bytes; what is beyond is left out, at the end of a file or of a line
   * @throws KilnException if there is no such file, one is no UTF-8, or all are empty
   */
  public static String read(Path place, long limit) {
    var text = new LimitedText(limit);
    pieces(place, PIECE, text::add);
    return text.required(place.toString());
  }

  /**
   * The same files piece by piece, however long they are: to be turned into tokens and written by a
   * {@link TokenFileWriter}. A piece ends with a line, where it has one, and with a file.
   *
   * @param bytes most bytes of a piece, at least 4
   * @throws KilnException if there is no such file, or one is no UTF-8
   */
  public static void forEach(Path place, int bytes, Consumer<String> pieces) {
    if (bytes < 4) {
      throw new KilnException("a piece of text must have at least 4 bytes, not " + bytes);
    }
    pieces(
        place,
        bytes,
        piece -> {
          pieces.accept(piece);
          return true;
        });
  }

  /** Reads until the taker wants no more. */
  private static void pieces(Path place, int bytes, Predicate<String> taker) {
    if (!Files.exists(place)) {
      throw new KilnException(place + ": there is no such file or folder");
    }
    for (Path file : files(place)) {
      try (InputStream in = Files.newInputStream(file)) {
        if (!pieces(in, file.toString(), new byte[bytes], taker)) {
          return;
        }
      } catch (IOException e) {
        throw new KilnException(file + ": cannot be read: " + e.getMessage(), e);
      }
    }
  }

  private static boolean pieces(InputStream in, String name, byte[] buffer, Predicate<String> taker)
      throws IOException {
    long done = 0;
    int held = 0;
    while (true) {
      held += in.readNBytes(buffer, held, buffer.length - held);
      if (held == 0) {
        return true;
      }
      int end = held < buffer.length ? held : cut(buffer);
      if (!taker.test(text(Arrays.copyOf(buffer, end), name, done))) {
        return false;
      }
      System.arraycopy(buffer, end, buffer, 0, held - end);
      held -= end;
      done += end;
    }
  }

  /** Behind the last line of a full buffer, or else behind its last whole character. */
  private static int cut(byte[] buffer) {
    for (int i = buffer.length; i > 0; i--) {
      if (buffer[i - 1] == '\n') {
        return i;
      }
    }
    int lead = buffer.length - 1;
    while (lead > buffer.length - 4 && (buffer[lead] & 0xc0) == 0x80) {
      lead--;
    }
    int first = buffer[lead] & 0xff;
    int length = first < 0xc0 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return lead + length > buffer.length && lead > 0 ? lead : buffer.length;
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

  /** Decodes UTF-8; refuses what is none, with the place. */
  static String text(byte[] bytes, String name) {
    return text(bytes, name, 0);
  }

  private static String text(byte[] bytes, String name, long before) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(in).toString();
    } catch (CharacterCodingException e) {
      throw new KilnException(
          "%s: is no UTF-8 text, from byte %,d on".formatted(name, before + in.position()), e);
    }
  }
}
