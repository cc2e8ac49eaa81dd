package dev.kiln.runtime.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JarDirectoryTest {
  private static final byte[] TEXT =
      "def f(x):\n    return x\n".repeat(50).getBytes(StandardCharsets.UTF_8);

  @TempDir Path folder;

  private Path jar(byte[] stored, String comment) throws IOException {
    Path jar = folder.resolve("k.jar");
    try (var out = new ZipOutputStream(Files.newOutputStream(jar))) {
      out.setComment(comment);
      out.putNextEntry(new ZipEntry("a/"));
      out.closeEntry();
      out.putNextEntry(new ZipEntry("a/packed.py"));
      out.write(TEXT);
      out.closeEntry();
      var entry = new ZipEntry("a/stored.py");
      var crc = new CRC32();
      crc.update(stored);
      entry.setMethod(ZipEntry.STORED);
      entry.setSize(stored.length);
      entry.setCrc(crc.getValue());
      entry.setComment("a comment");
      entry.setExtra(new byte[] {1, 0, 2, 0, 9, 9});
      out.putNextEntry(entry);
      out.write(stored);
      out.closeEntry();
      out.putNextEntry(new ZipEntry("a/\u00e9mpty.py"));
      out.closeEntry();
    }
    return jar;
  }

  @Test
  void readsWhatIsPackedAndWhatIsNot() throws IOException {
    for (String comment : new String[] {"", "of this jar"}) {
      JarDirectory directory = JarDirectory.of(jar(new byte[] {1, 2, 3}, comment).toFile());
      assertThat(directory.read("a/packed.py")).isEqualTo(TEXT);
      assertThat(directory.read("a/stored.py")).containsExactly(1, 2, 3);
      assertThat(directory.read("a/\u00e9mpty.py")).isEmpty();
      assertThat(directory.contains("a/packed.py")).isTrue();
      assertThat(directory.contains("packed.py")).isFalse();
      assertThat(directory.read("a/other.py!")).isNull();
    }
  }

  @Test
  void itsMarkChangesWithEachFile() throws IOException {
    byte[] mark = JarDirectory.of(jar(new byte[] {1, 2, 3}, "").toFile()).mark();
    assertThat(JarDirectory.of(jar(new byte[] {1, 2, 4}, "").toFile()).mark()).isNotEqualTo(mark);
  }

  @Test
  void damagedFilesAreNotRead() throws IOException {
    Path jar = jar(new byte[] {1, 2, 3}, "");
    byte[] whole = Files.readAllBytes(jar);
    var random = new Random(1);
    for (int time = 0; time < 300; time++) {
      byte[] damaged = whole.clone();
      damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
      Files.write(jar, damaged);
      try {
        byte[] read = JarDirectory.of(jar.toFile()).read("a/packed.py");
        assertThat(read == null || Arrays.equals(read, TEXT)).isTrue();
      } catch (IOException e) {
        // No archive any more.
      }
    }
  }

  @Test
  void otherFilesAreNoJars() throws IOException {
    Path file = Files.writeString(folder.resolve("text"), "no jar, and longer than its end record");
    assertThatThrownBy(() -> JarDirectory.of(file.toFile())).hasMessage(file + " is no archive");
    assertThat(JarDirectory.of(Object.class)).isNull();
  }
}
