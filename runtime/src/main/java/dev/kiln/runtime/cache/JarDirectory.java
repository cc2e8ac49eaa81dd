package dev.kiln.runtime.cache;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.zip.Adler32;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * What a jar says of its files: the central directory of the archive, which holds the checksum of
 * each. A new process reads it in a millisecond, where opening the jar the usual way takes ten.
 */
public final class JarDirectory {
  private static final int END_RECORD = 22;
  private static final int END_MAGIC = 0x06054b50;

  /** Archives may end in a comment of 64 KiB at most. */
  private static final int LONGEST_END = END_RECORD + 0xFFFF;

  // An entry of the directory: its head, then name, extra fields and comment.
  private static final int ENTRY = 46;
  private static final int METHOD = 10;
  private static final int CRC = 16;
  private static final int PACKED_BYTES = 20;
  private static final int BYTES = 24;
  private static final int NAME_LENGTH = 28;
  private static final int EXTRA_LENGTH = 30;
  private static final int COMMENT_LENGTH = 32;
  private static final int PLACE = 42;

  /** The same file begins with this head, a name and extra fields of other lengths. */
  private static final int LOCAL_HEAD = 30;

  private static final int STORED = 0;
  private static final int DEFLATED = 8;

  private final File jar;
  private final byte[] directory;

  private JarDirectory(File jar, byte[] directory) {
    this.jar = jar;
    this.directory = directory;
  }

  /** The jar that a class is of; null if it is of none that can be read. */
  public static JarDirectory of(Class<?> type) {
    try {
      File place = placeOf(type);
      return place.isFile() ? of(place) : null;
    } catch (IOException | URISyntaxException | RuntimeException e) {
      return null;
    }
  }

  /**
   * The folder or jar that a class is of.
   *
   * @throws IOException if it is of none, as in an image of the JDK's
   */
  static File placeOf(Class<?> type) throws IOException, URISyntaxException {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      throw new IOException("the classes are of no jar or folder");
    }
    return new File(source.getLocation().toURI());
  }

  /**
   * @throws IOException if it cannot be read or is no archive of the usual form
   */
  static JarDirectory of(File jar) throws IOException {
    try (var file = new RandomAccessFile(jar, "r")) {
      long length = file.length();
      int endLength = (int) Math.min(length, END_RECORD);
      byte[] end = tail(file, length, endLength);
      int at = 0;
      if (endLength == END_RECORD && littleEndian(end, 0) != END_MAGIC) {
        end = tail(file, length, (int) Math.min(length, LONGEST_END));
        at = end.length - END_RECORD;
        while (at > 0 && littleEndian(end, at) != END_MAGIC) {
          at--;
        }
      }
      if (end.length < END_RECORD || littleEndian(end, at) != END_MAGIC) {
        throw new IOException(jar + " is no archive");
      }
      long size = unsigned(end, at + 12);
      long start = unsigned(end, at + 16);
      if (size > Integer.MAX_VALUE || start + size > length) {
        throw new IOException(jar + " is an archive of another form");
      }
      return new JarDirectory(jar, read(file, start, (int) size));
    }
  }

  /** All of it. */
  byte[] bytes() {
    return directory;
  }

  /** Changes whenever a file in the jar does: two checksums and a length. */
  public byte[] mark() {
    return mark(directory);
  }

  static byte[] mark(byte[] content) {
    var crc = new CRC32();
    crc.update(content);
    var other = new Adler32(); // not CRC32C, whose tables a new process must compute
    other.update(content);
    var mark = new ByteArrayOutputStream();
    try (var out = new DataOutputStream(mark)) {
      out.writeInt((int) crc.getValue());
      out.writeInt((int) other.getValue());
      out.writeInt(content.length);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return mark.toByteArray();
  }

  /** Whether the jar holds a file. */
  public boolean contains(String name) {
    return find(name) >= 0;
  }

  /** A file of the jar; null if there is none of the name, or it cannot be read. */
  public byte[] read(String name) {
    int at = find(name);
    if (at < 0) {
      return null;
    }
    try (var file = new RandomAccessFile(jar, "r")) {
      long place = unsigned(directory, at + PLACE);
      byte[] head = read(file, place, LOCAL_HEAD);
      long start = place + LOCAL_HEAD + unsignedShort(head, 26) + unsignedShort(head, 28);
      byte[] packed = read(file, start, littleEndian(directory, at + PACKED_BYTES));
      byte[] content = unpack(packed, at);
      var crc = new CRC32();
      crc.update(content);
      return (int) crc.getValue() == littleEndian(directory, at + CRC) ? content : null;
    } catch (IOException | DataFormatException | RuntimeException e) {
      return null;
    }
  }

  private byte[] unpack(byte[] packed, int at) throws IOException, DataFormatException {
    return switch (unsignedShort(directory, at + METHOD)) {
      case STORED -> packed;
      case DEFLATED -> {
        var content = new byte[littleEndian(directory, at + BYTES)];
        var inflater = new Inflater(true);
        try {
          inflater.setInput(packed);
          int done = inflater.inflate(content);
          yield done == content.length ? content : new byte[0];
        } finally {
          inflater.end();
        }
      }
      default -> throw new IOException("packed in another way");
    };
  }

  /** The place of a file's entry in the directory, or -1. */
  private int find(String name) {
    byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
    int at = 0;
    while (at + ENTRY <= directory.length) {
      int length = unsignedShort(directory, at + NAME_LENGTH);
      int start = at + ENTRY;
      if (length == wanted.length
          && start + length <= directory.length
          && Arrays.equals(directory, start, start + length, wanted, 0, length)) {
        return at;
      }
      at =
          start
              + length
              + unsignedShort(directory, at + EXTRA_LENGTH)
              + unsignedShort(directory, at + COMMENT_LENGTH);
    }
    return -1;
  }

  private static byte[] tail(RandomAccessFile file, long length, int bytes) throws IOException {
    return read(file, length - bytes, bytes);
  }

  private static byte[] read(RandomAccessFile file, long start, int bytes) throws IOException {
    var content = new byte[bytes];
    file.seek(start);
    file.readFully(content);
    return content;
  }

  private static int unsignedShort(byte[] bytes, int at) {
    return bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8;
  }

  private static long unsigned(byte[] bytes, int at) {
    return littleEndian(bytes, at) & 0xFFFF_FFFFL;
  }

  private static int littleEndian(byte[] bytes, int at) {
    return unsignedShort(bytes, at) | unsignedShort(bytes, at + 2) << 16;
  }
}
