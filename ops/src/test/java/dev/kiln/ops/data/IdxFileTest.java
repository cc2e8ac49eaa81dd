package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxFileTest {
  private static final byte[] MATRIX = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, -1};

  @Test
  void readsPlainAndCompressedFilesAlike(@TempDir Path folder) throws IOException {
    for (byte[] content : new byte[][] {MATRIX, compressed(MATRIX)}) {
      Path file = Files.write(folder.resolve("x"), content);
      IdxFile idx = IdxFile.read(file, 2);
      assertThat(idx.shape()).containsExactly(2, 3);
      assertThat(idx.elements()).containsExactly(1, 2, 3, 4, 5, -1);
    }
  }

  @Test
  void saysWhereAFileIsTruncated() throws IOException {
    refused(Arrays.copyOf(MATRIX, 15), 2, "x: truncated: holds 3 of 6 elements");
    refused(Arrays.copyOf(MATRIX, 10), 2, "x: truncated in its header");
    refused(new byte[0], 2, "x: truncated in its header");
    byte[] gzip = compressed(MATRIX);
    refused(
        Arrays.copyOf(gzip, gzip.length - 9), 2, "x: the file ends too early; it may be truncated");
  }

  @Test
  void refusesOtherFilesAndOtherRanks() {
    refused(
        "hello, world".getBytes(),
        2,
        "x: an IDX file of bytes with 2 dimensions starts with 0x00000802, this one with"
            + " 0x68656c6c");
    refused(
        MATRIX,
        3,
        "x: an IDX file of bytes with 3 dimensions starts with 0x00000803, this one with"
            + " 0x00000802");
    refused(Arrays.copyOf(MATRIX, 19), 2, "x: goes on after its 6 elements");
    refused(
        new byte[] {0, 0, 8, 2, 127, 0, 0, 0, 0, 0, 1, 0},
        2,
        "x: the header's dimensions are too large");
  }

  @Test
  void namesAFileThatDoesNotExist(@TempDir Path folder) {
    assertThatThrownBy(() -> IdxFile.read(folder.resolve("none"), 1))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("none");
  }

  private static void refused(byte[] content, int rank, String message) {
    assertThatThrownBy(() -> IdxFile.read(new ByteArrayInputStream(content), "x", rank))
        .isInstanceOf(KilnException.class)
        .hasMessage(message);
  }

  static byte[] compressed(byte[] content) throws IOException {
    var bytes = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(bytes)) {
      gzip.write(content);
    }
    return bytes.toByteArray();
  }
}
