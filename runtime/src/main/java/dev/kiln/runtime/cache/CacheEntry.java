package dev.kiln.runtime.cache;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.Adler32;
import java.util.zip.CRC32;

/**
 * One file of the cache.
 *
 * <p>Format, big endian: the four bytes {@code KILN}, the format's version, the file's length, the
 * CRC-32 of all that follows; kind, label and target as modified UTF-8; the key and the payload,
 * each behind its length.
 *
 * @param kind what the payload is
 * @param label what to tell people, such as a kernel's name
 * @param target what it was made for; may be empty
 * @param key all that the payload depends on; compared as a whole, so that two keys whose file
 *     names agree are never mistaken for each other
 */
record CacheEntry(Kind kind, String label, String target, byte[] key, byte[] payload) {
  /** What a payload is. The name's first letter in lower case is a part of the file's name. */
  enum Kind {
    /** What there is in a kernel file. */
    MODULE("module"),
    /** A compiled kernel. */
    KERNEL("kernel"),
    /** What a kernel's first launches in a process run on. */
    STARTER("starter"),
    /** The configuration that a tuner chose. */
    TUNING("tuning");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }

    static Optional<Kind> parse(String label) {
      for (Kind kind : values()) {
        if (kind.label.equals(label)) {
          return Optional.of(kind);
        }
      }
      return Optional.empty();
    }
  }

  private static final int MAGIC = 0x4B494C4E;
  private static final int VERSION = 1;
  private static final int HEAD = 16;

  /** How the names of all entries end. */
  static final String SUFFIX = ".kiln";

  byte[] encode() throws IOException {
    var bytes = new ByteArrayOutputStream(key.length + payload.length + 128);
    var out = new DataOutputStream(bytes);
    out.write(new byte[HEAD]);
    out.writeUTF(kind.label());
    out.writeUTF(label);
    out.writeUTF(target);
    out.writeInt(key.length);
    out.write(key);
    out.writeInt(payload.length);
    out.write(payload);
    byte[] file = bytes.toByteArray();
    putInt(file, 0, MAGIC);
    putInt(file, 4, VERSION);
    putInt(file, 8, file.length);
    putInt(file, 12, checksum(file));
    return file;
  }

  /** Empty if the bytes are not those of a whole entry of this version. */
  static Optional<CacheEntry> decode(byte[] file) {
    if (file.length < HEAD
        || getInt(file, 0) != MAGIC
        || getInt(file, 4) != VERSION
        || getInt(file, 8) != file.length
        || getInt(file, 12) != checksum(file)) {
      return Optional.empty();
    }
    try {
      var in = new DataInputStream(new ByteArrayInputStream(file, HEAD, file.length - HEAD));
      Optional<Kind> kind = Kind.parse(in.readUTF());
      if (kind.isEmpty()) {
        return Optional.empty();
      }
      String label = in.readUTF();
      String target = in.readUTF();
      byte[] key = in.readNBytes(in.readInt());
      byte[] payload = in.readNBytes(in.readInt());
      return Optional.of(new CacheEntry(kind.get(), label, target, key, payload));
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** The name of the file for a key: its kind and 64 bits of checksums. */
  static String fileName(Kind kind, byte[] key) {
    var crc = new CRC32();
    crc.update(key);
    var other = new Adler32();
    other.update(key);
    String digits = Long.toHexString(crc.getValue() << 32 | other.getValue());
    // Spelt out, since a new process takes milliseconds to link its first "+" of texts.
    return kind.label().concat("-").concat(digits).concat(SUFFIX);
  }

  boolean isFor(Kind wantedKind, byte[] wantedKey) {
    return kind == wantedKind && Arrays.equals(key, wantedKey);
  }

  private static int checksum(byte[] file) {
    var crc = new CRC32();
    crc.update(file, HEAD, file.length - HEAD);
    return (int) crc.getValue();
  }

  private static void putInt(byte[] file, int at, int value) {
    for (int i = 0; i < 4; i++) {
      file[at + i] = (byte) (value >>> 24 - 8 * i);
    }
  }

  private static int getInt(byte[] file, int at) {
    int value = 0;
    for (int i = 0; i < 4; i++) {
      value = value << 8 | file[at + i] & 0xFF;
    }
    return value;
  }
}
