package dev.kiln.ops.text;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * A file of tokens, mapped into memory: as long as disks allow, read where it is needed.
 *
 * <p>The form, all numbers little-endian: the eight letters {@code KILNTOKS}; version 1, bytes per
 * token (2 or 4), each 32 bits; the number of tokens and the size of the vocabulary, each 64 bits;
 * the CRC-32C of the tokens, 32 bits; zeros up to byte 64; the tokens. nanoGPT's form, 16-bit
 * tokens alone, is read and written, too.
 */
public final class TokenFile implements TokenSource, AutoCloseable {
  static final long MAGIC = 0x534b4f544e4c494bL;
  static final int VERSION = 1;
  static final int HEADER_BYTES = 64;
  static final int MOST_OF_16_BITS = 1 << 16;

  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path file;
  private final Arena arena;
  private final MemorySegment tokens;
  private final int bytesPerToken;
  private final int vocabularySize;
  private final int checksum;

  private TokenFile(
      Path file,
      Arena arena,
      MemorySegment tokens,
      int bytesPerToken,
      int vocabularySize,
      int checksum) {
    this.file = file;
    this.arena = arena;
    this.tokens = tokens;
    this.bytesPerToken = bytesPerToken;
    this.vocabularySize = vocabularySize;
    this.checksum = checksum;
  }

  /**
   * Opens a file with a header.
   *
   * @throws KilnException if it cannot be read, is no such file, is of a later version, or is
   *     shorter or longer than its header says
   */
  public static TokenFile open(Path file) {
    return mapped(file, (arena, bytes) -> withHeader(file, arena, bytes));
  }

  /**
   * Opens a file of 16-bit tokens without a header, as nanoGPT writes it.
   *
   * @param vocabularySize what the tokens must be below, at most 65,536
   */
  public static TokenFile openHeaderless(Path file, int vocabularySize) {
    requireVocabulary(vocabularySize, MOST_OF_16_BITS);
    return mapped(
        file,
        (arena, bytes) -> {
          if (bytes.byteSize() % 2 != 0) {
            throw new KilnException(
                "%s: %,d bytes are no 16-bit tokens; it is truncated or of another kind"
                    .formatted(file, bytes.byteSize()));
          }
          if (bytes.byteSize() >= HEADER_BYTES && bytes.get(LONG, 0) == MAGIC) {
            throw new KilnException(file + ": has a header; open it as a file with one");
          }
          return new TokenFile(file, arena, bytes, 2, vocabularySize, 0);
        });
  }

  private interface Opening {
    TokenFile open(Arena arena, MemorySegment bytes);
  }

  private static TokenFile mapped(Path file, Opening opening) {
    Arena arena = Arena.ofShared();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      if (channel.size() == 0) {
        throw new KilnException(file + ": is empty");
      }
      return opening.open(
          arena, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena));
    } catch (NoSuchFileException e) {
      arena.close();
      throw new KilnException(file + ": there is no such file", e);
    } catch (IOException e) {
      arena.close();
      throw new KilnException(file + ": cannot be read: " + e.getMessage(), e);
    } catch (KilnException e) {
      arena.close();
      throw e;
    }
  }

  private static TokenFile withHeader(Path file, Arena arena, MemorySegment bytes) {
    if (bytes.byteSize() < HEADER_BYTES || bytes.get(LONG, 0) != MAGIC) {
      throw new KilnException(file + ": is no token file; such a file starts with KILNTOKS");
    }
    int version = bytes.get(INT, 8);
    if (version != VERSION) {
      throw new KilnException(
          "%s: is of version %d, not %d; a newer Kiln may read it"
              .formatted(file, version, VERSION));
    }
    int bytesPerToken = bytes.get(INT, 12);
    if (bytesPerToken != 2 && bytesPerToken != 4) {
      throw new KilnException(
          "%s: tokens of %d bytes, not 2 or 4; the header is damaged"
              .formatted(file, bytesPerToken));
    }
    long count = bytes.get(LONG, 16);
    long body = bytes.byteSize() - HEADER_BYTES;
    if (count < 0 || count > Long.MAX_VALUE / 4 || count * bytesPerToken != body) {
      throw new KilnException(
          "%s: its header tells of %,d tokens of %d bytes, but %,d bytes follow; it is %s"
              .formatted(
                  file,
                  count,
                  bytesPerToken,
                  body,
                  count > body / bytesPerToken ? "truncated" : "damaged"));
    }
    long vocabulary = bytes.get(LONG, 24);
    if (vocabulary < 1 || vocabulary > Integer.MAX_VALUE) {
      throw new KilnException(
          "%s: a vocabulary of %,d; the header is damaged".formatted(file, vocabulary));
    }
    MemorySegment tokens = bytes.asSlice(HEADER_BYTES);
    return new TokenFile(file, arena, tokens, bytesPerToken, (int) vocabulary, bytes.get(INT, 32));
  }

  static void requireVocabulary(int vocabularySize, int most) {
    if (vocabularySize < 1 || vocabularySize > most) {
      throw new KilnException(
          "a vocabulary of such a file has 1 to %,d tokens, not %,d"
              .formatted(most, vocabularySize));
    }
  }

  @Override
  public long size() {
    return tokens.byteSize() / bytesPerToken;
  }

  @Override
  public int vocabularySize() {
    return vocabularySize;
  }

  @Override
  public void read(long from, int[] target, int at, int count) {
    if (!arena.scope().isAlive()) {
      throw new KilnException(file + ": is closed");
    }
    TokenSource.requireRange(from, count, size());
    for (int i = 0; i < count; i++) {
      long byteAt = (from + i) * bytesPerToken;
      int token = bytesPerToken == 2 ? tokens.get(SHORT, byteAt) & 0xffff : tokens.get(INT, byteAt);
      if (token < 0 || token >= vocabularySize) {
        throw new KilnException(
            "%s: token %,d is %s, but the vocabulary has 0 to %,d"
                .formatted(file, from + i, Integer.toUnsignedString(token), vocabularySize - 1));
      }
      target[at + i] = token;
    }
  }

  /**
   * Reads the whole file and compares its checksum; a file without a header has none.
   *
   * @throws KilnException if a bit was changed
   */
  public void verify() {
    var crc = new CRC32C();
    for (long at = 0; at < tokens.byteSize(); at += 1 << 24) {
      crc.update(tokens.asSlice(at, Math.min(1 << 24, tokens.byteSize() - at)).asByteBuffer());
    }
    if (checksum != 0 && (int) crc.getValue() != checksum) {
      throw new KilnException(
          "%s: damaged: its checksum is %08x, not %08x"
              .formatted(file, (int) crc.getValue(), checksum));
    }
  }

  /** Takes the file out of memory; it cannot be read any more. */
  @Override
  public void close() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
