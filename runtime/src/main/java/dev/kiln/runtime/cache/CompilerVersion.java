package dev.kiln.runtime.cache;

import dev.kiln.compiler.Compiler;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.util.Arrays;
import java.util.zip.CRC32;

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
      File compiler = JarDirectory.placeOf(Compiler.class);
      File runtime = JarDirectory.placeOf(CompilerVersion.class);
      write(compiler, out);
      if (!runtime.equals(compiler)) {
        write(runtime, out);
      }
      return bytes.toByteArray();
    } catch (IOException | URISyntaxException | RuntimeException e) {
      return new byte[0];
    }
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
      content = JarDirectory.of(place).bytes();
    }
    out.write(JarDirectory.mark(content));
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
}
