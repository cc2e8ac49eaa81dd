package dev.kiln.runtime.cache;

import dev.kiln.compiler.Compiler;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URISyntaxException;
import java.net.URL;
import java.security.CodeSource;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * Which compiler this is: a mark that changes whenever its classes or resources do, so that a
 * changed compiler never finds what an earlier one made.
 *
 * <p>Of a jar it is two checksums of its directory, which holds the checksum of every file in it:
 * its content counts, not where it lies or when it was copied, and the jar itself is not read. Of a
 * folder of classes it is the names, sizes and times of its files. The JDK's version belongs to it,
 * since generated classes use the Vector API, which may still change.
 */
public final class CompilerVersion {
  private static final int END_RECORD = 22;
  private static final int END_MAGIC = 0x06054b50;

  /** Archives may end in a comment of 64 KiB at most. */
  private static final int LONGEST_END = END_RECORD + 0xFFFF;

  private static final byte[] BYTES = compute();

  private CompilerVersion() {}

  /** The mark; empty if the compiler's own files cannot be read, and then nothing is cached. */
  static byte[] bytes() {
    return BYTES;
  }

  /** The mark in hexadecimal; empty if there is none. */
  public static String text() {
    if (BYTES.length == 0) {
      return "";
    }
    var crc = new CRC32();
    crc.update(BYTES);
    return Long.toHexString(1L << 32 | crc.getValue()).substring(1);
  }

  private static byte[] compute() {
    try {
      var bytes = new ByteArrayOutputStream();
      var out = new DataOutputStream(bytes);
      out.writeUTF(String.valueOf(System.getProperty("java.vm.version")));
      out.writeUTF(String.valueOf(System.getProperty("os.arch")));
      File compiler = placeOf(Compiler.class);
      File runtime = placeOf(CompilerVersion.class);
      write(compiler, out);
      if (!runtime.equals(compiler)) {
        write(runtime, out);
      }
      return bytes.toByteArray();
    } catch (IOException | URISyntaxException | RuntimeException e) {
      return new byte[0];
    }
  }

  private static File placeOf(Class<?> type) throws IOException, URISyntaxException {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    if (source == null || source.getLocation() == null) {
      throw new IOException("the classes are of no jar or folder");
    }
    return new File(source.getLocation().toURI());
  }

  private static void write(File place, DataOutputStream out) throws IOException {
    byte[] content;
    if (place.isDirectory()) {
      var listing = new ByteArrayOutputStream();
      var names = new DataOutputStream(listing);
      writeFolder(place, names);
      writeResources(place, names);
      content = listing.toByteArray();
    } else {
      content = directoryOf(place);
    }
    var crc = new CRC32();
    crc.update(content);
    var other = new CRC32C();
    other.update(content);
    out.writeInt((int) crc.getValue());
    out.writeInt((int) other.getValue());
    out.writeInt(content.length);
  }

  /** The library of kernel functions, where it does not lie among the classes. */
  private static void writeResources(File classes, DataOutputStream out) throws IOException {
    URL library = Compiler.class.getResource("/dev/kiln/compiler/prelude/standard.py");
    if (library != null && library.getProtocol().equals("file")) {
      try {
        File folder = new File(library.toURI()).getParentFile();
        if (!folder.toPath().startsWith(classes.toPath())) {
          writeFolder(folder, out);
        }
      } catch (URISyntaxException e) {
        throw new IOException(e);
      }
    }
  }

  /** The names of folders do not count, those within count in their order. */
  private static void writeFolder(File folder, DataOutputStream out) throws IOException {
    File[] files = folder.listFiles();
    if (files == null) {
      throw new IOException("cannot list " + folder);
    }
    Arrays.sort(files);
    for (File file : files) {
      if (file.isDirectory()) {
        writeFolder(file, out);
      } else {
        out.writeUTF(file.getName());
        out.writeLong(file.length());
        out.writeLong(file.lastModified());
      }
    }
  }

  /** The central directory of a zip archive. */
  private static byte[] directoryOf(File archive) throws IOException {
    try (var file = new RandomAccessFile(archive, "r")) {
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
        throw new IOException(archive + " is no archive");
      }
      long size = littleEndian(end, at + 12) & 0xFFFF_FFFFL;
      long start = littleEndian(end, at + 16) & 0xFFFF_FFFFL;
      if (size > Integer.MAX_VALUE || start + size > length) {
        throw new IOException(archive + " is an archive of another form");
      }
      var directory = new byte[(int) size];
      file.seek(start);
      file.readFully(directory);
      return directory;
    }
  }

  private static byte[] tail(RandomAccessFile file, long length, int bytes) throws IOException {
    var tail = new byte[bytes];
    file.seek(length - bytes);
    file.readFully(tail);
    return tail;
  }

  private static int littleEndian(byte[] bytes, int at) {
    return bytes[at] & 0xFF
        | (bytes[at + 1] & 0xFF) << 8
        | (bytes[at + 2] & 0xFF) << 16
        | (bytes[at + 3] & 0xFF) << 24;
  }
}
