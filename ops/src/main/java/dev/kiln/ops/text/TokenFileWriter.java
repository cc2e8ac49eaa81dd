package dev.kiln.ops.text;

import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * Writes a {@link TokenFile} bit by bit. The file appears, whole, with {@link #finish}; closed
 * before that, nothing is left behind. Not thread-safe.
 */
public final class TokenFileWriter implements AutoCloseable {
  /** Forms of a file. */
  public enum Form {
    /** With a header; 16 or 32 bits, whichever the vocabulary needs. */
    WITH_HEADER,
    /** 16-bit tokens alone, as nanoGPT reads them. */
    HEADERLESS
  }

  private final Path file;
  private final Path fresh;
  private final Form form;
  private final int vocabularySize;
  private final int bytesPerToken;
  private final FileChannel channel;
  private final ByteBuffer buffer =
      ByteBuffer.allocateDirect(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
  private final CRC32C crc = new CRC32C();
  private long count;
  private boolean finished;

  /**
   * @param vocabularySize what tokens must be below; at most 65,536 without a header
   * @throws KilnException if the file cannot be written
   */
  public TokenFileWriter(Path file, int vocabularySize, Form form) {
    boolean headerless = form == Form.HEADERLESS;
    TokenFile.requireVocabulary(
        vocabularySize, headerless ? TokenFile.MOST_OF_16_BITS : Integer.MAX_VALUE);
    AtomicFile.requirePlace(file);
    this.file = file;
    this.form = form;
    this.vocabularySize = vocabularySize;
    bytesPerToken = vocabularySize <= TokenFile.MOST_OF_16_BITS ? 2 : 4;
    try {
      Path folder = file.toAbsolutePath().getParent();
      fresh = Files.createTempFile(folder, file.getFileName().toString(), ".new");
      channel = FileChannel.open(fresh, StandardOpenOption.WRITE);
      if (!headerless) {
        channel.write(ByteBuffer.allocate(TokenFile.HEADER_BYTES));
      }
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  /** Writes tokens with a header as a whole. */
  public static void write(Path file, int vocabularySize, int... tokens) {
    try (var writer = new TokenFileWriter(file, vocabularySize, Form.WITH_HEADER)) {
      writer.add(tokens);
      writer.finish();
    }
  }

  /** Appends tokens. */
  public void add(int... tokens) {
    try {
      for (int token : tokens) {
        TokenizerJson.requireToken(token, vocabularySize);
        if (buffer.remaining() < bytesPerToken) {
          flush();
        }
        if (bytesPerToken == 2) {
          buffer.putShort((short) token);
        } else {
          buffer.putInt(token);
        }
        count++;
      }
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  private void flush() throws IOException {
    buffer.flip();
    crc.update(buffer.duplicate());
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    buffer.clear();
  }

  /**
   * Puts the file in its place.
   *
   * @throws KilnException if no token was added, or the file cannot be written
   */
  public void finish() {
    if (count == 0) {
      throw new KilnException("cannot write " + file + ": there are no tokens");
    }
    try {
      flush();
      if (form == Form.WITH_HEADER) {
        channel.write(header(), 0);
      }
      channel.force(true);
      channel.close();
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      finished = true;
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  private ByteBuffer header() {
    return ByteBuffer.allocate(TokenFile.HEADER_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(TokenFile.MAGIC)
        .putInt(TokenFile.VERSION)
        .putInt(bytesPerToken)
        .putLong(count)
        .putLong(vocabularySize)
        .putInt((int) crc.getValue())
        .rewind();
  }

  private KilnException cannotWrite(IOException e) {
    return new KilnException("cannot write " + file + ": " + e.getMessage(), e);
  }

  @Override
  public void close() {
    if (finished) {
      return;
    }
    try {
      channel.close();
      Files.deleteIfExists(fresh);
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }
}
